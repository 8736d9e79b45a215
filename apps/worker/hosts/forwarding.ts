import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ForwardingEntry } from '#generated/lxstack/agent/v1/types';
import { Instance } from '#libs/compute/instances/instance.entity';
import type { StepRun } from '#libs/operations/workflow';
import { callOf, HostCalls } from './host-calls.js';
import { NetworkView } from './network-view.js';

type Run = Pick<StepRun<unknown, unknown>, 'operation'>;

/** Tells hosts where the frames of an instance go. Hosts that are down are left out: they ask when they come back. */
@Injectable()
export class Forwarding {
  constructor(
    private readonly database: DataSource,
    private readonly hosts: HostCalls,
    private readonly networks: NetworkView,
  ) {}

  /** Every host of its networks learns where the instance is now, and its own host where the others are. */
  async announce(run: Run, instanceId: string): Promise<void> {
    const { hostId } = await this.database.manager.findOneByOrFail(Instance, { id: instanceId });
    if (!hostId) return;
    const { nics, networks } = await this.networks.nicsOf(instanceId);
    const ids = networks.map((network) => network.id);
    if (!ids.length) return;
    const [{ vtep }, peers, own] = await Promise.all([
      this.hosts.host(hostId),
      this.networks.peersOf(ids, hostId),
      this.networks.entriesFor(ids, hostId),
    ]);
    const entries = new Map<string, ForwardingEntry[]>(ids.map((id) => [id, []]));
    for (const { networkId, mac, fixedIps } of nics)
      entries.get(networkId)!.push({ mac, addresses: fixedIps.map((ip) => ip.address), vtep });
    await Promise.all([
      ...peers.map((peer) => this.set(run, peer.hostId, peer.networkId, entries.get(peer.networkId)!)),
      ...networks.map((network) =>
        this.hosts.whereUp(hostId, async (agent) => {
          const others = own.get(network.id)!;
          const call = callOf(run, `network ${network.id}`, 0);
          await agent.call('ensureNetwork', { call, network, entries: others });
        }),
      ),
    ]);
  }

  /** It is nowhere any more: its peers forget it. */
  async withdraw(run: Run, instanceId: string, hostId: string): Promise<void> {
    const { nics, networks } = await this.networks.nicsOf(instanceId);
    const peers = await this.networks.peersOf(
      networks.map((network) => network.id),
      hostId,
    );
    const macsOf = (networkId: string) => nics.filter((nic) => nic.networkId === networkId).map((nic) => nic.mac);
    await Promise.all(
      peers.map((peer) => this.set(run, peer.hostId, peer.networkId, [], macsOf(peer.networkId), 'withdraw')),
    );
  }

  private async set(
    run: Run,
    hostId: string,
    networkId: string,
    entries: ForwardingEntry[],
    removedMacs: string[] = [],
    word = 'forward',
  ): Promise<void> {
    const call = callOf(run, `${word} ${networkId} ${entries.map((entry) => entry.vtep).join()}`, 0);
    await this.hosts.whereUp(hostId, (agent) =>
      agent.call('setForwarding', { call, networkId, entries, removedMacs, complete: false }),
    );
  }
}
