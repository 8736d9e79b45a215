import type { DataSource } from 'typeorm';
import type { DesiredStateSubscription } from '#generated/lxstack/agent/v1/desired_state';
import type { Change, ChangeLog } from './change-log.js';
import { EMPTY, isEmpty, merged } from './delta.js';
import type { FollowerState } from './follower-state.js';
import type { HostFacts, NetworkFacts } from './host-facts.js';
import { GroupTelling } from './group-telling.js';
import type { GroupFacts } from './group-facts.js';
import { documentOf, nameOf } from './resources.js';
import { renderRevision } from './revision.js';
import { RouterHosts } from './router-hosts.js';
import { hostDeltas, networkDeltas, outcomeFor, touchedPairs } from './round.js';
import type { ChangedFacts } from './round.js';
import { unique } from './unique.js';

/** Hosts whose documents are read together. */
export const MOST_AT_ONCE = 50;

type ByHost = ReadonlyMap<string, FollowerState>;

/** Sends followers what has changed, what they have missed, or the whole document. */
export class DeltaSender {
  private readonly routing: RouterHosts;
  private readonly groups: GroupTelling;

  constructor(
    private readonly database: DataSource,
    private readonly changes: ChangeLog,
    private readonly facts: HostFacts,
    groupFacts: GroupFacts,
  ) {
    this.routing = new RouterHosts(facts);
    this.groups = new GroupTelling(groupFacts);
  }

  /** Sends each follower its part of `changes`. Returns those that must get the whole document. */
  async tell(followers: ByHost, revision: string, changes: Change[]): Promise<FollowerState[]> {
    const facts = await this.changedFacts(changes);
    const routers = await this.facts.routers(unique(idsOf(changes, 'router')));
    const bound = touchedPairs(changes, facts).filter(({ hostId }) => followers.has(hostId));
    const reach = await this.routing.reach(changes, routers, bound);
    const pairs = [...bound, ...reach.pairs].filter(({ hostId }) => followers.has(hostId));
    const { joining, leaving } = await this.belonging(followers, pairs);
    const ofRouters = await this.routing.deltas(followers, reach, routers);
    const groups = await this.groups.tell(followers, changes, new Set(bound.map(({ hostId }) => hostId)));
    const [ofNetworks, ofHosts] = [networkDeltas(changes, facts), hostDeltas(changes, facts)];
    const marks = changes.filter(({ kind }) => kind === 'mark').map((one) => one.networkId ?? one.toHostId!);
    const awaited = new Set(marks);
    for (const follower of followers.values()) {
      const { hostId } = follower;
      const left = leaving.get(hostId) ?? [];
      const own = merged(ofHosts.get(hostId) ?? EMPTY, ofRouters.get(hostId) ?? EMPTY);
      const outcome = outcomeFor(follower, ofNetworks, own, joining.get(hostId) ?? NOTHING, left);
      const isAwaited = [...awaited].some(
        (id) => id === hostId || follower.networks.has(id) || outcome.joined.includes(id),
      );
      const ofGroups = groups.get(hostId);
      const delta = merged(outcome.delta, ...(ofGroups?.deltas ?? []));
      if (ofGroups) follower.groups = ofGroups.told;
      if (isEmpty(delta) && !isAwaited) continue;
      follower.send(revision, delta, false, isAwaited);
      for (const id of outcome.joined) follower.networks.add(id);
      for (const id of outcome.left) follower.networks.delete(id);
      this.routing.sent(follower, outcome.delta);
    }
    return idsOf(changes, 'resend').flatMap((hostId) => followers.get(hostId) ?? []);
  }

  /**
   * Sends what the host has missed since the revision that its agent names. Returns the revision that it then has;
   * undefined where the log cannot tell what was missed.
   */
  async catchUp(follower: FollowerState, subscription: DesiredStateSubscription): Promise<string | undefined> {
    const { revision, networkIds, routerIds } = subscription;
    const found = revision ? await this.changes.since(revision) : undefined;
    if (!found) return undefined;
    const networks = await this.facts.networksOf(follower.hostId);
    const had = new Set(networkIds);
    const [kept, joined] = [networks.filter((id) => had.has(id)), networks.filter((id) => !had.has(id))];
    const isKept = new Set(kept);
    const changes = found.changes.filter((one) => one.kind === 'host' || isKept.has(one.networkId ?? ''));
    if (found.changes.some((one) => one.kind === 'resend' && one.resourceId === follower.hostId)) return undefined;
    const facts = await this.changedFacts(changes);
    follower.networks = new Set(kept);
    const left = networkIds.filter((id) => !isKept.has(id));
    follower.routers = new Set(routerIds);
    const routers = await this.routing.missed(follower, idsOf(found.changes, 'router'));
    const own = merged(hostDeltas(changes, facts).get(follower.hostId) ?? EMPTY, routers);
    const { delta } = outcomeFor(follower, networkDeltas(changes, facts), own, await this.facts.all(joined), []);
    const groups = await this.groups.catchUp(follower.hostId, subscription, found.changes);
    const gone = { changed: [], removed: left.map((id) => nameOf('network', id)) };
    const now = renderRevision(found.revision);
    follower.send(now, merged(gone, delta, ...groups.deltas), false, true);
    follower.networks = new Set(networks);
    this.routing.sent(follower, routers);
    follower.groups = groups.told;
    return now;
  }

  /**
   * Sends whole documents, some hosts at a time; each batch is read in one snapshot, which is its revision. `onSent` is
   * called with each revision.
   */
  async sendWhole(followers: readonly FollowerState[], onSent: (revision: string) => void): Promise<void> {
    for (let at = 0; at < followers.length; at += MOST_AT_ONCE) {
      const some = new Map(followers.slice(at, at + MOST_AT_ONCE).map((follower) => [follower.hostId, follower]));
      const { revision, networks, facts, routers, groups } = await this.database.transaction(
        'REPEATABLE READ',
        async (tx) => {
          const { incarnation, snapshot } = await this.changes.now(tx);
          const memberships = await this.facts.networksOfAll([...some.keys()], tx);
          const all = await this.facts.all(unique([...memberships.values()].flat()), tx);
          const routers = await this.routing.all([...some.keys()], tx);
          const groups = await this.groups.whole([...some.keys()], tx);
          const revision = renderRevision({ incarnation, snapshot });
          return { revision, networks: memberships, facts: all, routers, groups };
        },
      );
      for (const [hostId, follower] of some) {
        follower.networks = new Set(networks.get(hostId));
        const ofHost = routers.get(hostId) ?? [];
        follower.routers = new Set(ofHost.map(({ id }) => id));
        const changed = [...documentOf(hostId, only(facts, follower.networks)), ...ofHost];
        const { told, deltas } = groups.get(hostId)!;
        follower.groups = told;
        follower.send(revision, merged({ changed, removed: [] }, ...deltas), true, true);
      }
      onSent(revision);
    }
  }

  private async changedFacts(changes: readonly Change[]): Promise<ChangedFacts> {
    return {
      networks: await this.facts.networks(idsOf(changes, 'network')),
      subnets: await this.facts.subnets(idsOf(changes, 'subnet')),
      ports: await this.facts.ports(idsOf(changes, 'port', 'guest'), idsOf(changes, 'host')),
    };
  }

  /** For each of these hosts: the networks that are new in its document, and those no longer in it. */
  private async belonging(followers: ByHost, pairs: { hostId: string; networkId: string }[]) {
    const [hostIds, networkIds] = [unique(pairs.map((one) => one.hostId)), unique(pairs.map((one) => one.networkId))];
    const now = new Set(
      (await this.facts.memberships(hostIds, networkIds)).map((one) => `${one.hostId} ${one.networkId}`),
    );
    const leaving = new Map<string, string[]>();
    const entering = new Map<string, string[]>();
    for (const { hostId, networkId } of pairs) {
      const [has, had] = [now.has(`${hostId} ${networkId}`), followers.get(hostId)!.networks.has(networkId)];
      if (has && !had) entering.set(hostId, [...(entering.get(hostId) ?? []), networkId]);
      if (had && !has) leaving.set(hostId, [...(leaving.get(hostId) ?? []), networkId]);
    }
    const all = await this.facts.all(unique([...entering.values()].flat()));
    const joining = new Map([...entering].map(([hostId, ids]) => [hostId, only(all, new Set(ids))]));
    return { joining, leaving };
  }
}

const NOTHING: NetworkFacts = { networks: [], subnets: [], ports: [] };

const idsOf = (changes: readonly Change[], ...kinds: Change['kind'][]): string[] =>
  unique(changes.filter(({ kind }) => kinds.includes(kind)).map((one) => one.resourceId!));

function only(all: NetworkFacts, networkIds: ReadonlySet<string>): NetworkFacts {
  return {
    networks: all.networks.filter(({ id }) => networkIds.has(id)),
    subnets: all.subnets.filter(({ networkId }) => networkIds.has(networkId)),
    ports: all.ports.filter(({ networkId }) => networkIds.has(networkId)),
  };
}
