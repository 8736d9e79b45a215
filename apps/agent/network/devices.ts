import { readFile } from 'node:fs/promises';
import type { NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { ipBatch, ipBatchForce } from './commands.js';
import { CommandError } from '../process/command-error.js';
import { run } from '../process/run.js';
import type { Tracking } from './filters/tracking.js';
import { accessPortName, bridgeOf, hostVethName, vxlanOf } from './interface-names.js';

/** Makes bridge and VXLAN device of a network, unless they exist. */
export async function makeDevices({ vni, mtu }: NetworkSpec, vtep: string, tracking: Tracking): Promise<void> {
  const [bridge, vxlan] = [bridgeOf(vni), vxlanOf(vni)];
  if (!(await exists(bridge))) await makeBridge(bridge, vni, mtu);
  if (!(await exists(vxlan)))
    await ipBatch([`link add ${vxlan} mtu ${mtu} type vxlan id ${vni} local ${vtep} dstport 4789 nolearning ttl 64`]);
  await ipBatch([
    `link set ${bridge} addrgenmode none up`,
    ...(tracking === 'br_netfilter' ? [`link set ${bridge} type bridge nf_call_iptables 1 nf_call_ip6tables 1`] : []),
    `link set ${vxlan} master ${bridge} addrgenmode none up`,
    `link set ${vxlan} type bridge_slave neigh_suppress on learning off flood off mcast_flood off bcast_flood off`,
  ]);
}

/** Most MACs that a bridge learns: a port without port security may send from as many as it likes. */
const MOST_LEARNED = 1_024;
/** Unknown until the first bridge is made: `ip` or the kernel may be older than the limit (Linux 6.7). */
let canLimit: boolean | undefined;

async function makeBridge(bridge: string, vni: number, mtu: number): Promise<void> {
  const kind = 'type bridge stp_state 0 forward_delay 0 mcast_snooping 0';
  const make = (more: string) => ipBatch([`link add ${bridge} address ${bridgeMac(vni)} mtu ${mtu} ${kind}${more}`]);
  try {
    if (canLimit === false) return void (await make(''));
    await make(` fdb_max_learned ${MOST_LEARNED}`);
    canLimit = true;
  } catch (error) {
    if (canLimit) throw error;
    await make('');
    canLimit = false;
  }
}

/** Whether br_netfilter hands on what passes the network's bridge. */
export async function isHooked(vni: number): Promise<boolean> {
  const text = await readFile(`/sys/class/net/${bridgeOf(vni)}/bridge/nf_call_iptables`, 'utf8').catch(() => '0');
  return text.trim() === '1';
}

/** Removes both devices; missing ones are a success. */
export function removeDevices(vni: number): Promise<void> {
  return ipBatchForce([`link del ${vxlanOf(vni)}`, `link del ${bridgeOf(vni)}`]);
}

/** Makes the veth of an access port, from the bridge into the host's own namespace. */
export async function plug(network: NetworkSpec, nic: Nic): Promise<void> {
  const [outer, inner] = [hostVethName(nic.portId), accessPortName(nic.portId)];
  if (!(await exists(inner))) {
    await ipBatchForce([`link del ${outer}`]);
    await ipBatch([
      `link add ${outer} mtu ${network.mtu} type veth peer name ${inner} address ${nic.mac} mtu ${network.mtu}`,
    ]);
  }
  await ipBatch([
    `link set ${outer} master ${bridgeOf(network.vni)} addrgenmode none up`,
    `link set ${inner} up`,
    ...nic.fixedIps.map((ip) => `addr replace ${ip.address}/${ip.prefixLength} dev ${inner}${nodad(ip.address)}`),
  ]);
}

/**
 * A fixed MAC: a bridge without one takes another with each port that comes or goes, and then loses its neighbour
 * entries.
 */
const bridgeMac = (vni: number): string =>
  `02:6c:78:${[vni >> 16, (vni >> 8) & 255, vni & 255].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`;

const nodad = (address: string): string => (address.includes(':') ? ' nodad' : '');

/** Whether this host's namespace has the device. */
export async function exists(device: string): Promise<boolean> {
  try {
    await run('ip', ['link', 'show', 'dev', device]);
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}
