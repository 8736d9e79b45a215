import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ForwardingEntry, NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { HostRecords } from '#libs/fleet/hosts/host-records';
import { hasCapability, isUp } from '#libs/fleet/hosts/host-state';
import { Acknowledgements } from '#libs/networking/desired-state/acknowledgements';
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
    private readonly acknowledgements: Acknowledgements,
  ) {}

  async nicsOf(instanceId: string, tx?: EntityManager): Promise<{ nics: Nic[]; networks: NetworkSpec[] }> {
    const [nics, networks] = await Promise.all([
      this.networks.nicsFor(instanceId, tx),
      this.networks.networkSpecsOf(instanceId, tx),
    ]);
    return { nics, networks };
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
   * What a move's target has to be told before the instance runs there. Of a network that it follows, no more than where
   * the instance's own ports are: its document has the rest, and its agent takes it from there. A target of a live move
   * gets all of a network that its document does not have before the commit.
   */
  async entriesForMove(instanceId: string, networkIds: string[], hostId: string, live: boolean): Promise<Entries> {
    const known = await this.followedAt(networkIds, hostId, live);
    const rest = networkIds.filter((id) => !known.has(id));
    const [own, others] = await Promise.all([
      known.size ? this.networks.forwardingOf(instanceId, [...known]) : undefined,
      rest.length ? this.entriesFor(rest, hostId) : undefined,
    ]);
    return new Map([...(own ?? []), ...(others ?? [])]);
  }

  /** The networks that the host's document has, or will have when an instance starts there. */
  private async followedAt(networkIds: string[], hostId: string, live: boolean): Promise<Set<string>> {
    if (!hasCapability(await this.calls.host(hostId), 'desired-state')) return new Set();
    return live ? this.acknowledgements.networksAt(hostId, networkIds) : new Set(networkIds);
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
