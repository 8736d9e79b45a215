import { Injectable } from '@nestjs/common';
import type { ForwardingEntry, Nic } from '#generated/lxstack/agent/v1/types';
import type { StepRun } from '#libs/operations/workflow';
import { HostNetworkView } from './host-network-view.js';
import { callOf, HostCalls } from '../host/host-calls.js';

type Run = Pick<StepRun<unknown, unknown>, 'operation'>;

/** Tells hosts where the frames of NICs go. Hosts that are down are left out: they ask when they come back. */
@Injectable()
export class Forwarding {
  constructor(
    private readonly hosts: HostCalls,
    private readonly view: HostNetworkView,
  ) {}

  /** The other hosts of its networks learn that the instance is on `hostId`, and `hostId` where the others are. */
  async announce(run: Run, instanceId: string, hostId: string): Promise<void> {
    const { nics, networks } = await this.view.nicsOf(instanceId);
    if (!nics.length) return;
    const own = await this.view.entriesFor(
      networks.map((network) => network.id),
      hostId,
    );
    await Promise.all([
      this.tellPeers(run, nics, hostId),
      ...networks.map((network) =>
        this.hosts.whereUp(hostId, async (agent) => {
          const entries = own.get(network.id)!;
          await agent.call('ensureNetwork', { call: callOf(run, `network ${network.id}`, 0), network, entries });
          // What comes from elsewhere must not be sent back there by an entry from before the move.
          const removedMacs = nics.filter((nic) => nic.networkId === network.id).map((nic) => nic.mac);
          const call = callOf(run, `local ${network.id}`, 0);
          await agent.call('setForwarding', { call, networkId: network.id, entries, removedMacs, complete: false });
        }),
      ),
    ]);
  }

  /** The other hosts of these NICs' networks send their frames to `hostId`. */
  async tellPeers(run: Run, nics: Nic[], hostId: string): Promise<void> {
    const { vtep } = await this.hosts.host(hostId);
    const entriesOf = (networkId: string) =>
      nics
        .filter((nic) => nic.networkId === networkId)
        .map(({ mac, fixedIps }) => ({ mac, addresses: fixedIps.map((ip) => ip.address), vtep }));
    const peers = await this.view.peersOf(networksOf(nics), hostId);
    await Promise.all(peers.map((peer) => this.set(run, peer.hostId, peer.networkId, entriesOf(peer.networkId), [])));
  }

  /** They are on `hostId` no longer, and nowhere else: the others forget them. */
  async withdraw(run: Run, nics: Pick<Nic, 'networkId' | 'mac'>[], hostId: string): Promise<void> {
    const macsOf = (networkId: string) => nics.filter((nic) => nic.networkId === networkId).map((nic) => nic.mac);
    const peers = await this.view.peersOf(networksOf(nics), hostId);
    await Promise.all(peers.map((peer) => this.set(run, peer.hostId, peer.networkId, [], macsOf(peer.networkId))));
  }

  private async set(
    run: Run,
    hostId: string,
    networkId: string,
    entries: ForwardingEntry[],
    removedMacs: string[],
  ): Promise<void> {
    const word = entries.length ? `forward to ${entries[0].vtep}` : 'withdraw';
    const call = callOf(run, `${word} ${networkId}`, 0);
    await this.hosts.whereUp(hostId, (agent) =>
      agent.call('setForwarding', { call, networkId, entries, removedMacs, complete: false }),
    );
  }
}

function networksOf(nics: Pick<Nic, 'networkId'>[]): string[] {
  return [...new Set(nics.map((nic) => nic.networkId))];
}
