import type { NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { requireName } from '#libs/common/names';
import { ipBatchForce, linkExists } from './commands.js';
import { run } from '../process/run.js';
import { bridgeOf, hostVethName, vxlanOf } from './interface-names.js';

/** The inner end of a port's veth: pid of its instance's init, and the link's name in there. */
export type FindGuest = (portId: string) => Promise<{ initPid: number; name: string } | undefined>;

/** Neutron: admin_state_up. The port's link is down where either the port or its network is. */
export const isDown = (network: NetworkSpec, nic: Nic): boolean => network.adminStateDown || nic.adminStateDown;

/**
 * Sets the links by admin_state_up; the guest sees its link go and come. A veth that does not exist yet is set at its
 * instance's start.
 */
export async function setLinkStates(network: NetworkSpec, nics: readonly Nic[]): Promise<void> {
  await ipBatchForce(
    nics
      .map((nic) => ({ veth: hostVethName(nic.portId), state: isDown(network, nic) ? 'down' : 'up' }))
      .filter(({ veth }) => linkExists(veth))
      .map(({ veth, state }) => `link set ${veth} ${state}`),
  );
}

/** Sets the MTU of every link of the network: the host's, and those inside of running guests. */
export async function setMtu(network: NetworkSpec, nics: readonly Nic[], findGuest: FindGuest): Promise<void> {
  const { vni, mtu } = network;
  const veths = nics.map((nic) => hostVethName(nic.portId)).filter(linkExists);
  // The inner end comes first where the MTU shrinks: a larger frame would be dropped at the other end.
  await Promise.all(nics.map((nic) => setInner(nic.portId, mtu, findGuest)));
  await ipBatchForce([...veths, vxlanOf(vni), bridgeOf(vni)].map((device) => `link set ${device} mtu ${mtu}`));
}

async function setInner(portId: string, mtu: number, findGuest: FindGuest): Promise<void> {
  const guest = await findGuest(portId);
  if (!guest) return;
  const name = requireName('nic.name', guest.name, /^[a-z][a-z0-9]{0,14}$/, 'an interface name');
  const link = ['ip', 'link', 'set', name, 'mtu', String(mtu)];
  // The guest may have ended, or renamed its link; then its next start sets the MTU.
  await run('nsenter', [`--net=/proc/${guest.initPid}/ns/net`, ...link]).catch(() => undefined);
}
