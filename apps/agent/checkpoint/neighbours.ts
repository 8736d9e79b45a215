import { isIP } from 'node:net';
import { run } from '../network/commands.js';
import { MAC } from '#libs/common/names';

/** One entry of the instance's own ARP or neighbour table. */
export interface Neighbour {
  address: string;
  device: string;
  mac: string;
}

const LIMIT = 1024;
const DEVICE = /^[a-z][a-z0-9]{0,14}$/;

/**
 * The table goes along: an instance that has to ask for its peers' MACs before its network is open asks again only
 * after a second (retrans_time_ms).
 */
export async function readNeighbours(initPid: number): Promise<Neighbour[]> {
  const output = await run('nsenter', [`--net=/proc/${initPid}/ns/net`, 'ip', 'neigh', 'show']);
  return parseNeighbours(output);
}

/** Lines of `ip neigh show`; those without a MAC are unknown peers. */
export function parseNeighbours(output: string): Neighbour[] {
  return output
    .split('\n')
    .map((line) => /^(\S+) dev (\S+) lladdr (\S+) /.exec(line))
    .filter((match) => match !== null)
    .map(([, address, device, mac]) => ({ address: address!, device: device!, mac: mac! }))
    .slice(0, LIMIT);
}

/** `ip -batch` lines; what is not a neighbour's is left out. */
export function neighbourLines(neighbours: readonly Neighbour[], devices: readonly string[]): string {
  return neighbours
    .slice(0, LIMIT)
    .filter(
      ({ address, device, mac }) => isIP(address) && DEVICE.test(device) && devices.includes(device) && MAC.test(mac),
    )
    .map(({ address, device, mac }) => `neigh replace ${address} lladdr ${mac} dev ${device} nud stale\n`)
    .join('');
}
