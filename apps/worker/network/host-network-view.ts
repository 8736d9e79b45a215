import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ForwardingEntry, NetworkSpec, Nic, SecuritySpec } from '#generated/lxstack/agent/v1/types';
import { HostRecords } from '#libs/fleet/hosts/host-records';
import { hasCapability, isUp } from '#libs/fleet/hosts/host-state';
import { HostNetworks } from '#libs/networking/views/host-networks';
import { HostCalls } from '../host/host-calls.js';

type Entries = Map<string, ForwardingEntry[]>;

/** A host that has ports of a network. */
export interface NetworkHost {
  networkId: string;
  hostId: string;
}

/** Networks as seen from one host: what it has to know of the others, and which others have to know of it. */
@Injectable()
export class HostNetworkView {
  constructor(
    private readonly networks: HostNetworks,
    private readonly hosts: HostRecords,
    private readonly calls: HostCalls,
  ) {}

  async nicsOf(
    instanceId: string,
    tx?: EntityManager,
  ): Promise<{ nics: Nic[]; networks: NetworkSpec[]; security?: SecuritySpec }> {
    const [nics, networks] = await Promise.all([
      this.networks.nicsFor(instanceId, tx),
      this.networks.networkSpecsOf(instanceId, tx),
    ]);
    return { nics, networks, security: await this.networks.securityFor(nics, tx) };
  }

  /** Where the other hosts' ports of these networks are: what `hostId` has to know. */
  async entriesFor(networkIds: string[], hostId: string): Promise<Entries> {
    const [entries, own] = await Promise.all([this.networks.forwardingFor(networkIds), this.calls.host(hostId)]);
    for (const [id, list] of entries)
      entries.set(
        id,
        list.filter((entry) => entry.vtep !== own.vtep),
      );
    return entries;
  }

  /**
   * What a move's target has to be told before the instance runs there: no more than where the instance's own ports are.
   * Its document has the rest, and its agent takes it from there. An agent of v0.1 follows no document and is told all.
   */
  async entriesForMove(instanceId: string, networkIds: string[], hostId: string): Promise<Entries> {
    const follows = hasCapability(await this.calls.host(hostId), 'desired-state');
    return follows ? this.networks.forwardingOf(instanceId, networkIds) : this.entriesFor(networkIds, hostId);
  }

  /** The hosts that are up and have a port of these networks, besides `hostId`. */
  async peersOf(networkIds: string[], hostId: string): Promise<NetworkHost[]> {
    const byNetwork = await this.networks.hostsOf(networkIds);
    const hosts = await this.hosts.byIds([...byNetwork.values()].flat());
    const now = new Date();
    const isPeer = (id: string) => id !== hostId && hosts.has(id) && isUp(hosts.get(id)!, now);
    return [...byNetwork].flatMap(([networkId, ids]) =>
      ids.filter(isPeer).map((peerId) => ({ networkId, hostId: peerId })),
    );
  }
}
