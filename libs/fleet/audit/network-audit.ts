import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { NetworkComparison } from '#generated/lxstack/agent/v1/agent';
import { digestOf } from '#libs/agent-protocol/desired-digest';
import { messageOf } from '#libs/common/errors';
import { Acknowledgements } from '#libs/networking/desired-state/acknowledgements';
import { ChangeLog } from '#libs/networking/desired-state/change-log';
import { GroupFacts } from '#libs/networking/desired-state/group-facts';
import { HostFacts } from '#libs/networking/desired-state/host-facts';
import type { NetworkFacts, RouterFact } from '#libs/networking/desired-state/host-facts';
import { documentOf, routerResource } from '#libs/networking/desired-state/resources';
import { Agents } from '../agents/agents.service.js';
import { hasCapability } from '../hosts/host-state.js';
import type { Host } from '../hosts/host.entity.js';
import { ToldGroups } from './told-groups.js';
import { knownKind } from './difference.js';
import type { Difference, DifferenceKind } from './difference.js';

const PAGE = 100;
const DEADLINE_MS = 60_000;
/** Hosts that are asked at the same time. */
const PARALLEL = 16;
/** A difference counts when it is still there after the host has acknowledged all that is committed; at most this long. */
const HEARD_MS = 10_000;

interface HostFinding {
  host: Host;
  differences: Difference[];
  /** The host was told something else than Postgres says. */
  behind: boolean;
}

/** Invariant 7: compares each host's networks in its kernel, in what it was told, and in Postgres. */
@Injectable()
export class NetworkAudit {
  constructor(
    private readonly agents: Agents,
    private readonly facts: HostFacts,
    private readonly groups: GroupFacts,
    private readonly changes: ChangeLog,
    private readonly acknowledgements: Acknowledgements,
    private readonly database: DataSource,
  ) {}

  /**
   * Returns every difference. With `repair` agents mend their kernels first, differences that are gone then are left out,
   * and hosts that were told something else get their whole document again.
   */
  async run(hosts: readonly Host[], repair: boolean): Promise<Difference[]> {
    const following = hosts.filter(follows);
    const first = await this.all(following, repair);
    let found = first.filter((one) => one.differences.length);
    if (found.length) {
      const behind = found.filter((one) => one.behind).map(({ host }) => host.id);
      if (repair && behind.length) await this.changes.resend(behind);
      await this.heard(found.map(({ host }) => host.id));
      found = await this.all(
        found.map(({ host }) => host),
        repair,
      );
    }
    return found.flatMap(({ differences }) => differences);
  }

  /** A change may be on its way to them. */
  private async heard(hostIds: string[]): Promise<void> {
    const xid = await this.database.transaction((tx) => this.changes.markHosts(tx, hostIds));
    await this.acknowledgements.wait(xid, { hostIds }, HEARD_MS);
  }

  private async all(hosts: readonly Host[], repair: boolean): Promise<HostFinding[]> {
    const known = new Map<string, Promise<NetworkFacts>>();
    const told = new ToldGroups(this.groups);
    const found: HostFinding[] = [];
    for (let at = 0; at < hosts.length; at += PARALLEL) {
      found.push(
        ...(await Promise.all(hosts.slice(at, at + PARALLEL).map((host) => this.one(host, repair, known, told)))),
      );
      told.keepFew();
      if (known.size > 1_000) known.clear(); // bounded: networks asked for again are read again
    }
    return found;
  }

  private async one(
    host: Host,
    repair: boolean,
    known: Map<string, Promise<NetworkFacts>>,
    told: ToldGroups,
  ): Promise<HostFinding> {
    const finding: HostFinding = { host, differences: [], behind: false };
    const say = (kind: DifferenceKind, networkId: string, words: string) => {
      const message = `network ${networkId} on host ${host.name}: ${words}`;
      finding.differences.push({ kind, message, host: host.name, networkId });
    };
    const sayBehind = (networkId: string, words: string) => {
      finding.behind = true;
      say('document-behind', networkId, words);
    };
    try {
      const missing = new Set(await this.facts.networksOf(host.id));
      const routers = await this.routersOf(host);
      for await (const { networkId, differences, found, ...digests } of this.ask(host, repair)) {
        for (const { kind, message } of found) say(knownKind(kind), networkId, message);
        if (!found.length) for (const words of differences) say('kernel', networkId, words);
        const stale = missing.delete(networkId)
          ? (await this.staleness(host, networkId, digests, known)) ||
            routerStaleness(routers, networkId, digests) ||
            (await told.staleness(host.id, await known.get(networkId)!, digests))
          : 'it is there without a port';
        if (stale) sayBehind(networkId, stale);
      }
      for (const networkId of missing) sayBehind(networkId, 'the host was not told of it');
    } catch (error) {
      const message = `host ${host.name} does not compare its networks: ${messageOf(error)}`;
      finding.differences.push({ kind: 'host-silent', message, host: host.name });
    }
    return finding;
  }

  private async *ask(host: Host, repair: boolean): AsyncGenerator<NetworkComparison> {
    let pageToken = '';
    do {
      const request = { pageSize: PAGE, pageToken, repair };
      const page = await this.agents.unary(host, 'compareDesiredState', request, { deadlineMs: DEADLINE_MS });
      yield* page.networks;
      pageToken = page.nextPageToken;
    } while (pageToken);
  }

  private async routersOf(host: Host): Promise<RouterFact[]> {
    return this.facts.routers((await this.facts.routersOfAll([host.id])).get(host.id) ?? []);
  }

  /** Says in words where the host was told something else than Postgres says; '' where it was not. */
  private async staleness(
    host: Host,
    networkId: string,
    told: Pick<NetworkComparison, 'sharedDigest' | 'portsDigest'>,
    known: Map<string, Promise<NetworkFacts>>,
  ): Promise<string> {
    const facts = known.get(networkId) ?? this.facts.all([networkId]);
    known.set(networkId, facts);
    const all = documentOf(host.id, await facts);
    const isPort = ({ body }: (typeof all)[number]) => body!.$case === 'port';
    if (digestOf(all.filter(isPort)) !== told.portsDigest) return 'the host was told of other ports than it has';
    if (digestOf(all.filter((one) => !isPort(one))) !== told.sharedDigest)
      return 'the host was told something else of network, subnets or peers';
    return '';
  }
}

/** As `staleness`, of the network's routers; agents from before there were routers say nothing of them. */
function routerStaleness(
  routers: readonly RouterFact[],
  networkId: string,
  { routersDigest }: Pick<NetworkComparison, 'routersDigest'>,
): string {
  const here = routers.filter(({ interfaces }) => interfaces.some((one) => one.networkId === networkId));
  const isTold = !routersDigest || digestOf(here.map(routerResource)) === routersDigest;
  return isTold ? '' : 'the host was told of other routers than there are';
}

/** Whether the host's agent follows a desired state; agents of v0.1 do not and cannot be asked. */
const follows = (host: Host): boolean => hasCapability(host, 'desired-state');
