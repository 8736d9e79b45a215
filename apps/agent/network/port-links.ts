import type { NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { requireName } from '#libs/common/names';
import { ipBatchForce, linkExists } from './commands.js';
import { run } from '../process/run.js';
import { bridgeOf, hostVethName, vxlanOf } from './interface-names.js';

/** Where the inner end of a port's veth is: the init of its instance, and the link's name in there. */
export type FindGuest = (portId: string) => Promise<{ initPid: number; name: string } | undefined>;

/** Neutron's admin_state_up, of the port and of its network: either takes the link down. */
export const isDown = (network: NetworkSpec, nic: Nic): boolean => network.adminStateDown || nic.adminStateDown;

/** The guest sees its link go and come. A veth that is not there (its instance does not run) is told at its start. */
export async function setLinkStates(network: NetworkSpec, nics: readonly Nic[]): Promise<void> {
  await ipBatchForce(
    nics
      .map((nic) => ({ veth: hostVethName(nic.portId), state: isDown(network, nic) ? 'down' : 'up' }))
      .filter(({ veth }) => linkExists(veth))
      .map(({ veth, state }) => `link set ${veth} ${state}`),
  );
}

/** Every link of the network gets its MTU: the host's, and those inside of guests that run. */
export async function setMtu(network: NetworkSpec, nics: readonly Nic[], findGuest: FindGuest): Promise<void> {
  const { vni, mtu } = network;
  const veths = nics.map((nic) => hostVethName(nic.portId)).filter(linkExists);
  // The inner end first where it shrinks: what is larger than the other end takes is dropped.
  await Promise.all(nics.map((nic) => setInner(nic.portId, mtu, findGuest)));
  await ipBatchForce([...veths, vxlanOf(vni), bridgeOf(vni)].map((device) => `link set ${device} mtu ${mtu}`));
}

async function setInner(portId: string, mtu: number, findGuest: FindGuest): Promise<void> {
  const guest = await findGuest(portId);
  if (!guest) return;
  const name = requireName('nic.name', guest.name, /^[a-z][a-z0-9]{0,14}$/, 'an interface name');
  const link = ['ip', 'link', 'set', name, 'mtu', String(mtu)];
  // It may have ended, or renamed its link: then its next start brings the MTU.
  await run('nsenter', [`--net=/proc/${guest.initPid}/ns/net`, ...link]).catch(() => undefined);
}
