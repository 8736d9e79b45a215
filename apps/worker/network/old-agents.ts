import { Injectable } from '@nestjs/common';
import pLimit from 'p-limit';
import { DataSource } from 'typeorm';
import type { ForwardingEntry, Nic } from '#generated/lxstack/agent/v1/types';
import type { StepRun } from '#libs/operations/workflow';
import { forwardInPages } from './forwarding-pages.js';
import { HostNetworkView } from './host-network-view.js';
import type { NetworkHost } from './host-network-view.js';
import { callOf, HostCalls } from '../host/host-calls.js';
import { hostIsUp } from '#libs/fleet/hosts/host-state';

type Run = Pick<StepRun<unknown, unknown>, 'operation'>;

/** Hosts that are called at once, by this process. */
const PEERS_AT_ONCE = 32;
/** How long it is believed which agents are old. */
const BELIEVED_MS = 2_000;

/**
 * For a rolling upgrade from v0.1: tells hosts whose agents do not follow their networks yet where frames go, call by call.
 * Which these are is in what they publish (capability `desired-state`); where there is none, nothing is asked or called.
 * This file, its callers' lines and the agent's RPCs EnsureNetwork and SetForwarding can go with the release after v0.2.
 */
@Injectable()
export class OldAgents {
  private readonly atOnce = pLimit(PEERS_AT_ONCE);
  private known: { hosts: Promise<Set<string>>; until: number } | undefined;

  constructor(
    private readonly database: DataSource,
    private readonly hosts: HostCalls,
    private readonly view: HostNetworkView,
  ) {}

  /** Ids of the hosts that are up and whose agents have to be told. */
  private all(): Promise<Set<string>> {
    if (this.known && this.known.until > performance.now()) return this.known.hosts;
    const hosts = this.database
      .query<{ id: string }[]>(
        `SELECT id FROM hosts WHERE ${hostIsUp()}
            AND NOT capabilities @> '[{"name": "desired-state", "present": true}]'`,
      )
      .then((rows) => new Set(rows.map(({ id }) => id)));
    this.known = { hosts, until: performance.now() + BELIEVED_MS };
    hosts.catch(() => (this.known = undefined)); // told to who waits for it
    return hosts;
  }

  async isOld(hostId: string): Promise<boolean> {
    return (await this.all()).has(hostId);
  }

  /** The other hosts of its networks learn that the instance is on `hostId`, and `hostId` where the others are. */
  async announce(run: Run, instanceId: string, hostId: string): Promise<void> {
    const old = await this.all();
    if (!old.size) return;
    const { nics, networks } = await this.view.nicsOf(instanceId);
    if (!nics.length) return;
    if (!old.has(hostId)) return this.tellPeers(run, nics, hostId);
    const own = await this.view.entriesFor(
      networks.map((network) => network.id),
      hostId,
    );
    await Promise.all([
      this.tellPeers(run, nics, hostId),
      ...networks.map((network) =>
        this.hosts.whereUp(hostId, async (agent) => {
          const entries = own.get(network.id)!;
          await agent.call('ensureNetwork', { call: callOf(run, `network ${network.id}`, 0), network, entries: [] });
          // What comes from elsewhere must not be sent back there by an entry from before the move.
          const removedMacs = nics.filter((nic) => nic.networkId === network.id).map((nic) => nic.mac);
          const call = callOf(run, `local ${network.id}`, 0);
          await agent.call('setForwarding', { call, networkId: network.id, entries: [], removedMacs, complete: false });
          await forwardInPages(agent, run, network.id, entries);
        }),
      ),
    ]);
  }

  /** The other hosts of these NICs' networks send their frames to `hostId`. */
  async tellPeers(run: Run, nics: Nic[], hostId: string): Promise<void> {
    const peers = await this.peersOf(nics, hostId);
    if (!peers.length) return;
    const { vtep } = await this.hosts.host(hostId);
    const entriesOf = (networkId: string) =>
      nics
        .filter((nic) => nic.networkId === networkId)
        .map(({ mac, fixedIps }) => ({ mac, addresses: fixedIps.map((ip) => ip.address), vtep }));
    await this.atOnce.map(peers, (peer) => this.set(run, peer.hostId, peer.networkId, entriesOf(peer.networkId), []));
  }

  /** The instance is on `hostId` no longer, and nowhere else. */
  async withdrawInstance(run: Run, instanceId: string, hostId: string): Promise<void> {
    if ((await this.all()).size) await this.withdraw(run, (await this.view.nicsOf(instanceId)).nics, hostId);
  }

  /** They are on `hostId` no longer, and nowhere else: the others forget them. */
  async withdraw(run: Run, nics: Pick<Nic, 'networkId' | 'mac'>[], hostId: string): Promise<void> {
    const macsOf = (networkId: string) => nics.filter((nic) => nic.networkId === networkId).map((nic) => nic.mac);
    const peers = await this.peersOf(nics, hostId);
    await this.atOnce.map(peers, (peer) => this.set(run, peer.hostId, peer.networkId, [], macsOf(peer.networkId)));
  }

  private async peersOf(nics: Pick<Nic, 'networkId'>[], hostId: string): Promise<NetworkHost[]> {
    const old = await this.all();
    if (!old.size) return [];
    return (await this.view.peersOf(networksOf(nics), hostId)).filter((peer) => old.has(peer.hostId));
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
