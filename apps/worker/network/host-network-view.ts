import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ForwardingEntry, NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { Hosts } from '#libs/fleet/hosts/hosts.service';
import { HostNetworks } from '#libs/networking/views/host-networks';
import { HostCalls } from '../host/host-calls.js';

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
    private readonly hosts: Hosts,
    private readonly calls: HostCalls,
  ) {}

  async nicsOf(instanceId: string, tx?: EntityManager): Promise<{ nics: Nic[]; networks: NetworkSpec[] }> {
    const [nics, networks] = await Promise.all([
      this.networks.nicsFor(instanceId, tx),
      this.networks.networkSpecsOf(instanceId, tx),
    ]);
    return { nics, networks };
  }

  /** Where the other hosts' ports of these networks are: what `hostId` has to know. */
  async entriesFor(networkIds: string[], hostId: string): Promise<Map<string, ForwardingEntry[]>> {
    const [entries, own] = await Promise.all([this.networks.forwardingFor(networkIds), this.calls.host(hostId)]);
    for (const [id, list] of entries)
      entries.set(
        id,
        list.filter((entry) => entry.vtep !== own.vtep),
      );
    return entries;
  }

  /** The hosts that are up and have a port of these networks, besides `hostId`. */
  async peersOf(networkIds: string[], hostId: string): Promise<NetworkHost[]> {
    const byNetwork = await this.networks.hostsOf(networkIds);
    const hosts = await this.hosts.byIds([...byNetwork.values()].flat());
    const now = new Date();
    const isPeer = (id: string) => id !== hostId && hosts.has(id) && this.hosts.isUp(hosts.get(id)!, now);
    return [...byNetwork].flatMap(([networkId, ids]) =>
      ids.filter(isPeer).map((peerId) => ({ networkId, hostId: peerId })),
    );
  }
}
