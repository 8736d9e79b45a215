import type { ForwardingEntry, InstanceSpec, NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { UUID, requireName } from '#libs/common/names';
import { checkNic } from './checks.js';
import { removeLinks } from './commands.js';
import { specAsDesired } from './desired-networks.js';
import { plug } from './devices.js';
import type { HostNetworkState } from './host-network-state.js';
import { hostVethName } from './interface-names.js';
import type { NetworkServices } from './network-services.js';
import type { NetworkForwarding } from './network-forwarding.js';
import type { NetworkPresence } from './network-presence.js';
import { isDown, setLinkStates } from './port-links.js';

/**
 * The ports of this host, of instances and of the host itself: plugs them in, protects them, takes them over from a
 * move, removes them.
 */
export class NetworkPorts {
  constructor(
    private readonly state: HostNetworkState,
    private readonly presence: NetworkPresence,
    private readonly forwarding: NetworkForwarding,
    private readonly services: NetworkServices,
  ) {}

  /** The spec with its NICs as the document has them: what a stopped instance was last told may be old. */
  current(spec: InstanceSpec): InstanceSpec {
    return specAsDesired(this.state.desired, spec);
  }

  /**
   * Before an instance starts: makes the networks of its spec, and protects its ports before their veths exist. DHCP
   * follows in the background, because the runtime sets the addresses and only a guest that asks needs it.
   */
  async attach(spec: InstanceSpec): Promise<void> {
    for (const network of spec.networks) await this.presence.ensure(network, []);
    const nics = spec.nics.map((nic) => this.state.nicAsDesired(nic));
    for (const nic of nics) {
      checkNic(nic);
      this.state.records.get(nic.networkId);
    }
    if (spec.security)
      this.state.groupsAhead.bring(
        nics.map(({ portId }) => portId),
        spec.security,
      );
    await this.state.protect(nics);
    await Promise.all(nics.map((nic) => this.add(nic, spec.hostname)));
    for (const nic of nics) this.services.reserveInBackground(nic, spec.hostname);
  }

  /**
   * After an instance has started: takes the links of ports down whose admin_state_up is false; LXC has made them up.
   */
  async settle(nics: readonly Nic[]): Promise<void> {
    for (const nic of nics) {
      const { network, ports } = this.state.records.get(nic.networkId);
      const port = ports[nic.portId] ?? nic;
      if (isDown(network, port)) await setLinkStates(network, [port]);
    }
  }

  /** These ports arrive by a live move: the move decides where their frames go, until `claimMac`. */
  arriving(nics: readonly Nic[]): void {
    for (const nic of nics) this.state.pendingPorts.arriving(nic.portId, nic.mac);
  }

  /**
   * After an instance has stopped for good: removes rules and DHCP, and the veth where the kernel has not removed it
   * yet.
   */
  async detach(nics: readonly Nic[]): Promise<void> {
    if (!nics.length) return;
    await removeLinks(nics.map((nic) => hostVethName(nic.portId)));
    await this.state.filters.unprotect(nics.map(({ portId }) => portId));
    await Promise.all(nics.map((nic) => this.drop(nic.networkId, nic.portId)));
    for (const nic of nics) {
      this.state.pendingPorts.gone(nic.portId);
      this.state.groupsAhead.gone(nic.portId);
    }
    this.tellSettled(nics);
  }

  /** Makes an access port in the host's own namespace, with the NIC's MAC and addresses. */
  async ensureAccess(network: NetworkSpec, given: Nic, entries: readonly ForwardingEntry[]): Promise<void> {
    const nic = this.state.nicAsDesired(given);
    checkNic(nic);
    await this.presence.ensure(network, entries);
    const record = this.state.records.get(network.id);
    if (!record.access.includes(nic.portId)) record.access.push(nic.portId);
    await this.state.protect([nic]);
    await this.add(nic);
    await plug(record.network, nic);
    await this.settle([nic]);
  }

  /** Removes the port; a missing one is a success. */
  async delete(portId: string): Promise<void> {
    requireName('port_id', portId, UUID, 'a UUID');
    for (const { network, ports } of this.state.records.all())
      if (ports[portId]) await this.detach([{ ...ports[portId], networkId: network.id }]);
  }

  /** From now on the port's MAC is on this host: no frame for it goes to the underlay. */
  async claimMac(nic: Nic): Promise<void> {
    this.state.records.get(nic.networkId);
    await this.forwarding.claim(nic.networkId, nic.mac);
    this.state.pendingPorts.arrived(nic.portId);
    await this.settle([nic]);
    this.tellSettled([nic]);
  }

  /**
   * Applies the document's rules and link of ports that are plugged in here. A port whose instance has not started here
   * gets them at its start.
   */
  async apply(networkId: string, portIds: readonly string[]): Promise<void> {
    await this.state.inTurn(networkId, async () => {
      const record = this.state.records.find(networkId);
      const nics = portIds.flatMap((id) => {
        const [present, wanted] = [record?.ports[id], this.state.desired.nic(id)];
        return present && wanted ? [{ ...wanted, name: present.name || wanted.name }] : [];
      });
      if (!record || !nics.length) return;
      nics.forEach((nic) => checkNic(nic));
      for (const nic of nics) record.ports[nic.portId] = nic;
      await this.state.applyAdminState(record.network, nics);
      await this.state.records.keep(networkId);
    });
  }

  /** Takes the ports' security groups away: the control plane knows none. Their records forget them too. */
  async unfilter(): Promise<void> {
    for (const { network } of this.state.records.all())
      await this.state.inTurn(network.id, async () => {
        const record = this.state.records.find(network.id);
        const nics = Object.values(record?.ports ?? {}).filter(({ filter }) => filter);
        if (!record || !nics.length) return;
        for (const nic of nics) record.ports[nic.portId] = { ...nic, filter: undefined };
        await this.state.records.keep(network.id);
        await this.state.protect(nics.map(({ portId }) => record.ports[portId]!));
      });
  }

  private tellSettled(nics: readonly Nic[]): void {
    for (const [networkId, ports] of Map.groupBy(nics, (nic) => nic.networkId)) this.state.onSettled(networkId, ports);
  }

  private async add(nic: Nic, hostname?: string): Promise<void> {
    await this.state.inTurn(nic.networkId, async () => {
      const record = this.state.records.get(nic.networkId);
      record.ports[nic.portId] = nic;
      if (hostname) record.hostnames = { ...record.hostnames, [nic.portId]: hostname };
      this.state.pendingPorts.attached(nic.portId, nic.mac);
      // Until one that comes by a move has come, its frames go to the source.
      const removed = this.state.pendingPorts.isArriving(nic.portId) ? [] : [nic.mac];
      await this.forwarding.apply(nic.networkId, [], removed, false);
    });
  }

  private async drop(networkId: string, portId: string): Promise<void> {
    await this.state.inTurn(networkId, async () => {
      const record = this.state.records.find(networkId);
      if (!record?.ports[portId]) return;
      delete record.ports[portId];
      delete record.hostnames?.[portId];
      record.loose = record.loose?.filter((id) => id !== portId);
      this.state.used.set(networkId, Date.now());
      record.access = record.access.filter((id) => id !== portId);
      await this.state.records.keep(networkId);
      await this.services.release(record.network, portId);
    });
  }
}
