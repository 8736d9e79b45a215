import { isIP } from 'node:net';
import type { Nic } from '#generated/lxstack/agent/v1/types';
import { MAC } from '#libs/common/names';
import { CommandError } from '../../process/command-error.js';
import { run } from '../../process/run.js';

/** One entry of the instance's own ARP or neighbour table. */
export interface Neighbour {
  address: string;
  device: string;
  mac: string;
}

const LIMIT = 1024;
const DEVICE = /^[a-z][a-z0-9]{0,14}$/;

/** Sets the entries in the network namespace of process `initPid`. The instance asks again for one that cannot be set. */
export async function setNeighbours(initPid: number, known: readonly Neighbour[], nics: readonly Nic[]): Promise<void> {
  const lines = neighbourLines(
    known,
    nics.map((nic, index) => nic.name || `eth${index}`),
  );
  if (!lines) return;
  try {
    await run('nsenter', [`--net=/proc/${initPid}/ns/net`, 'ip', '-force', '-batch', '-'], lines);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
  }
}

/**
 * Lines of `ip neigh show`; those without a MAC are unknown peers. The table goes along: an instance that has to ask for
 * its peers' MACs before its network is open asks again only after a second (retrans_time_ms).
 */
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
