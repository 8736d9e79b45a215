import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DesiredDocument } from '#apps/agent/desired-state/document';
import { Drift } from '#apps/agent/desired-state/drift';
import { Reconciler } from '#apps/agent/desired-state/reconciler';
import { DesiredSpecs } from '#apps/agent/desired-state/specs';
import { HostNetwork } from '#apps/agent/network/network';
import { NetworkRecords } from '#apps/agent/network/network-records';
import type { DesiredResource } from '#generated/lxstack/agent/v1/desired_state';
import type { AddressPair, SecurityGroupRule } from '#generated/lxstack/agent/v1/types';
import { newId } from '#libs/common/ids';
import { createLogger } from '#libs/common/logger';
import { NetworkGuest, run } from './network-guest.js';

const [VNI, HERE] = [4712, '10.213.0.11'];
const logger = createLogger('test');
logger.level = 'silent';

/** The networks of an agent on this host, which follow a document that the test writes, and guests behind their ports. */
export class FilteredHost {
  readonly document = new DesiredDocument();
  readonly networkId = newId();
  network!: HostNetwork;
  reconciler!: Reconciler;
  private readonly guests: NetworkGuest[] = [];

  private constructor(private readonly state: string) {}

  static async open(): Promise<FilteredHost> {
    const host = new FilteredHost(await mkdtemp(join(tmpdir(), 'lx-filters-')));
    host.document.followed = true;
    await host.startAgent();
    const value = { vni: VNI, mtu: 1450, adminStateUp: true };
    await host.change([{ id: host.networkId, body: { $case: 'network', value } }]);
    return host;
  }

  async close(): Promise<void> {
    for (const guest of this.guests) guest.end();
    await this.network.detach(this.guests.map(({ nic }) => nic));
    this.document.apply('', [], [], true);
    await this.network.deleteNetwork(this.networkId);
    run('nft', 'flush', 'ruleset');
    await rm(this.state, { recursive: true });
  }

  /** As after the agent's death: what it has left in the kernel is there. */
  async startAgent(): Promise<void> {
    const desired = new DesiredSpecs(this.document);
    const metadata = { serve: async () => {}, serves: async () => true, end: () => {} };
    const options = {
      stateDirectory: this.state,
      vtep: HERE,
      cgroup: 'lx-filters',
      desired,
      metadata,
      dhcpLeaseSeconds: 3_600,
      logger,
    };
    this.network = await HostNetwork.open(options);
    this.reconciler = new Reconciler(
      { document: this.document, network: this.network, movingMacs: () => new Set() },
      logger,
    );
  }

  get drift(): Drift {
    const { document, network, reconciler } = this;
    return new Drift({ document, network, reconciler, movingMacs: () => new Set(), logger });
  }

  /** Conntrack zone of the network. */
  async zone(): Promise<number> {
    return (await NetworkRecords.open(this.state)).get(this.networkId).zone!;
  }

  async change(changed: DesiredResource[], removed: { kind: string; id: string }[] = []): Promise<void> {
    await this.reconciler.apply(this.document.apply('r', changed, removed, false));
    assert.deepEqual(this.reconciler.failures(), []);
  }

  /** A guest with a port in these groups. */
  async guest(number: number, groupIds: string[]): Promise<NetworkGuest> {
    const { networkId } = this;
    const [portId, mac] = [newId(), `fa:16:3e:00:01:0${number}`];
    const filter = { securityGroupIds: groupIds, allowedAddressPairs: [] };
    const fixedIps = [
      { address: `10.9.0.${number}`, prefixLength: 24, gateway: '' },
      { address: `fd09::${number}`, prefixLength: 64, gateway: '' },
    ];
    const common = { portId, networkId, name: 'eth0', mac, fixedIps, mtu: 1450 };
    const nic = { ...common, portSecurity: true, adminStateDown: false, filter };
    const made = new NetworkGuest(nic, VNI, `sg${number}`);
    await this.portOf(made, groupIds, []);
    const spec = { id: networkId, vni: VNI, mtu: 1450, adminStateDown: false, subnets: [] };
    await this.network.attach({ id: newId(), hostname: '', networks: [spec], nics: [nic] } as never);
    made.plug();
    this.guests.push(made);
    return made;
  }

  /** Gives the guest's port other groups and allowed address pairs. */
  async portOf({ nic }: NetworkGuest, securityGroupIds: string[], pairs: AddressPair[]): Promise<void> {
    const { portId, networkId, mac } = nic;
    const addresses = nic.fixedIps.map(({ address }) => ({ address, subnetId: '' }));
    const filter = { securityGroupIds, allowedAddressPairs: pairs };
    const common = { networkId, mac, addresses, portSecurity: true, adminStateUp: true, hostname: '', deviceIndex: 0 };
    await this.change([{ id: portId, body: { $case: 'port', value: { ...common, filter } } }]);
  }
}

export const rule = (wanted: Partial<SecurityGroupRule>): SecurityGroupRule => ({
  ingress: true,
  ipv6: false,
  remotePrefix: '',
  remoteGroupId: '',
  ...wanted,
});
/** Neutron's default: everything may leave. */
export const outward = [rule({ ingress: false }), rule({ ingress: false, ipv6: true })];
export const group = (id: string, rules: SecurityGroupRule[], stateful = true): DesiredResource => ({
  id,
  body: { $case: 'securityGroup', value: { id, stateful, rules } },
});
export const member = (groupId: string, portId: string, ...addresses: string[]): DesiredResource => ({
  id: `${groupId}/${portId}`,
  body: { $case: 'groupMember', value: { groupId, portId, addresses } },
});
