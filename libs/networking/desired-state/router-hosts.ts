import type { EntityManager } from 'typeorm';
import type { DesiredResource } from '#generated/lxstack/agent/v1/desired_state';
import type { Change } from './change-log.js';
import type { Delta } from './delta.js';
import type { FollowerState } from './follower-state.js';
import type { HostFacts, Membership, RouterFact } from './host-facts.js';
import { nameOf, routerResource } from './resources.js';
import { unique } from './unique.js';

/** What changes have to do with routers. */
export interface RouterReach {
  /** Hosts whose documents may have gained or lost a network because a router joins it to another. */
  pairs: Membership[];
  /** Hosts whose documents may have gained, lost or to change one of `routerIds`. */
  hostIds: string[];
  routerIds: string[];
}

const NOBODY: RouterReach = { pairs: [], hostIds: [], routerIds: [] };

/** Which routers, and which networks because of routers, belong to the documents of which hosts. */
export class RouterHosts {
  constructor(private readonly facts: HostFacts) {}

  /** `routers`: the changed ones as they are now. `bound`: hosts on which ports were bound or left, with the network. */
  async reach(
    changes: readonly Change[],
    routers: readonly RouterFact[],
    bound: readonly Membership[],
  ): Promise<RouterReach> {
    const named = changes.filter(({ kind }) => kind === 'router');
    const near = unique(bound.map(({ networkId }) => networkId));
    if (!named.length && !near.length) return NOBODY;
    const joined = await this.facts.joined(near);
    const ofRouter = new Map(routers.map((one) => [one.id, one.interfaces.map(({ networkId }) => networkId)]));
    for (const { resourceId, networkId } of named)
      if (networkId) ofRouter.set(resourceId!, unique([...(ofRouter.get(resourceId!) ?? []), networkId]));
    const present = await this.facts.hostsOn(unique([...ofRouter.values()].flat()));
    const pairs = [...besideBound(bound, joined), ...besidePresent(present, ofRouter)];
    return {
      pairs,
      hostIds: unique([...bound, ...present].map(({ hostId }) => hostId)),
      routerIds: unique([...joined.map(({ routerId }) => routerId), ...ofRouter.keys()]),
    };
  }

  /** For each follower: the routers that are new in its document, have changed (`routers`), or are no longer in it. */
  async deltas(
    followers: ReadonlyMap<string, FollowerState>,
    { hostIds, routerIds }: RouterReach,
    routers: readonly RouterFact[],
  ): Promise<Map<string, Delta>> {
    const told = hostIds.flatMap((id) => followers.get(id) ?? []);
    if (!told.length || !routerIds.length) return new Map();
    const memberships = await this.facts.routerMemberships(
      told.map(({ hostId }) => hostId),
      routerIds,
    );
    const has = Map.groupBy(memberships, ({ hostId }) => hostId);
    const news = unique(
      memberships.filter((one) => !followers.get(one.hostId)!.routers.has(one.routerId)).map((one) => one.routerId),
    );
    const changed = new Map(routers.map((router) => [router.id, router]));
    for (const router of await this.facts.routers(news.filter((id) => !changed.has(id))))
      changed.set(router.id, router);
    const isChanged = new Set(routers.map(({ id }) => id));
    return new Map(
      told.map((follower) => {
        const now = new Set((has.get(follower.hostId) ?? []).map(({ routerId }) => routerId));
        return [follower.hostId, deltaOf(follower, routerIds, now, (id) => isChanged.has(id), changed)];
      }),
    );
  }

  /** What a host has missed of its routers; `changed`: ids of those that the log names. */
  async missed(follower: FollowerState, changed: readonly string[]): Promise<Delta> {
    const now = new Set((await this.facts.routersOfAll([follower.hostId])).get(follower.hostId));
    const routers = await this.facts.routers(
      [...now].filter((id) => !follower.routers.has(id) || changed.includes(id)),
    );
    const all = unique([...now, ...follower.routers]);
    return deltaOf(follower, all, now, (id) => changed.includes(id), new Map(routers.map((one) => [one.id, one])));
  }

  /** All routers of each of these hosts. */
  async all(hostIds: string[], tx: EntityManager): Promise<Map<string, DesiredResource[]>> {
    const ofHosts = await this.facts.routersOfAll(hostIds, tx);
    const routers = await this.facts.routers(unique([...ofHosts.values()].flat()), tx);
    const byId = new Map(routers.map((router) => [router.id, routerResource(router)]));
    return new Map([...ofHosts].map(([hostId, ids]) => [hostId, ids.flatMap((id) => byId.get(id) ?? [])]));
  }

  /** Remembers what the follower was sent. */
  sent(follower: FollowerState, { changed, removed }: Delta): void {
    for (const { id, body } of changed) if (body?.$case === 'router') follower.routers.add(id);
    for (const { id, kind } of removed) if (kind === 'router') follower.routers.delete(id);
  }
}

function deltaOf(
  { routers: had }: FollowerState,
  ids: readonly string[],
  now: ReadonlySet<string>,
  isChanged: (id: string) => boolean,
  facts: ReadonlyMap<string, RouterFact>,
): Delta {
  const told = ids.filter((id) => now.has(id) && (!had.has(id) || isChanged(id)));
  return {
    changed: told.flatMap((id) => facts.get(id) ?? []).map(routerResource),
    removed: ids.filter((id) => had.has(id) && !now.has(id)).map((id) => nameOf('router', id)),
  };
}

/** A host that has gained or lost a port on a network: the networks that routers join to it. */
function besideBound(bound: readonly Membership[], joined: readonly { routerId: string; networkId: string }[]) {
  const ofRouter = Map.groupBy(joined, ({ routerId }) => routerId);
  const routersOf = Map.groupBy(joined, ({ networkId }) => networkId);
  return bound.flatMap(({ hostId, networkId }) =>
    (routersOf.get(networkId) ?? []).flatMap(({ routerId }) =>
      ofRouter.get(routerId)!.map((one) => ({ hostId, networkId: one.networkId })),
    ),
  );
}

/** A router that has gained or lost an interface: each of its networks on each host that has a port on one of them. */
function besidePresent(present: readonly Membership[], ofRouter: ReadonlyMap<string, readonly string[]>): Membership[] {
  const hosts = Map.groupBy(present, ({ networkId }) => networkId);
  return [...ofRouter.values()].flatMap((networkIds) => {
    const hostIds = unique(networkIds.flatMap((id) => hosts.get(id) ?? []).map(({ hostId }) => hostId));
    return hostIds.flatMap((hostId) => networkIds.map((networkId) => ({ hostId, networkId })));
  });
}
