import type { EntityManager } from 'typeorm';
import type { DesiredStateSubscription } from '#generated/lxstack/agent/v1/desired_state';
import { byId } from './by-id.js';
import type { Change } from './change-log.js';
import type { Delta } from './delta.js';
import { EMPTY } from './delta.js';
import type { FollowerState } from './follower-state.js';
import type { GroupFacts } from './group-facts.js';
import { groupStep, memberDeltas, remotesOf } from './group-round.js';
import type { GroupStep, ToldGroups } from './group-round.js';
import { memberResource } from './resources.js';
import { unique } from './unique.js';

/** What hosts are told of security groups; `apply` notes it once it was sent. */
export interface GroupOutcome {
  deltas: Delta[];
  told: ToldGroups;
}

/** Finds what each host must be told of security groups: those of its ports, and the members of groups that these name. */
export class GroupTelling {
  constructor(private readonly facts: GroupFacts) {}

  /**
   * `portHosts`: hosts on which ports have changed. Hosts that are told nothing are left out. Hosts whose rules name the same
   * group get the same delta, so that it is serialized once.
   */
  async tell(
    followers: ReadonlyMap<string, FollowerState>,
    changes: readonly Change[],
    portHosts: ReadonlySet<string>,
  ): Promise<Map<string, GroupOutcome>> {
    const changed = new Set(changes.filter(({ kind }) => kind === 'group').map(({ resourceId }) => resourceId!));
    const members = changes.filter(({ kind }) => kind === 'member');
    const touched = [...followers.values()].filter(
      ({ hostId, groups }) =>
        portHosts.has(hostId) || (changed.size && [...groups.keys()].some((id) => changed.has(id))),
    );
    const steps = await this.steps(touched, changed);
    const joined = await this.memberResources([...steps.values()].flatMap(({ joinedRemotes }) => joinedRemotes));
    const now = await this.facts.membershipsOf(unique(members.map(({ resourceId }) => resourceId!)));
    const ofMembers = memberDeltas(members, now);
    const outcomes = new Map<string, GroupOutcome>();
    for (const follower of followers.values()) {
      const step = steps.get(follower.hostId);
      const told = step?.told ?? follower.groups;
      const fresh = new Set(step?.joinedRemotes);
      const deltas = step ? [step.delta, ...step.joinedRemotes.map((id) => joined.get(id) ?? EMPTY)] : [];
      if (ofMembers.size) for (const id of remotesOf(told)) if (!fresh.has(id)) deltas.push(ofMembers.get(id) ?? EMPTY);
      if (step || deltas.length) outcomes.set(follower.hostId, { deltas, told });
    }
    return outcomes;
  }

  /** What a host has missed that names the groups it has. */
  async catchUp(
    hostId: string,
    { securityGroupIds, remoteGroupIds }: DesiredStateSubscription,
    changes: readonly Change[],
  ): Promise<GroupOutcome> {
    const own = (await this.facts.groupsOfHosts([hostId])).get(hostId) ?? [];
    const facts = await this.facts.groups(own);
    const told = groupStep(new Map(), own, byId(facts)).told;
    const changed = new Set(changes.filter(({ kind }) => kind === 'group').map(({ resourceId }) => resourceId!));
    const had = new Set(securityGroupIds);
    const news = facts.filter(({ id }) => !had.has(id) || changed.has(id));
    const before: ToldGroups = new Map(securityGroupIds.map((id) => [id, []]));
    const { delta } = groupStep(before, own, byId(news));
    const hadRemotes = new Set(remoteGroupIds);
    const joinedRemotes = [...remotesOf(told)].filter((id) => !hadRemotes.has(id));
    const joined = await this.memberResources(joinedRemotes);
    const members = changes.filter(({ kind }) => kind === 'member');
    const now = await this.facts.membershipsOf(unique(members.map(({ resourceId }) => resourceId!)));
    const missed = [...memberDeltas(members, now)].filter(([id]) => hadRemotes.has(id) && remotesOf(told).has(id));
    return { deltas: [delta, ...joined.values(), ...missed.map(([, one]) => one)], told };
  }

  /** Everything that these hosts must know, in the caller's snapshot. */
  async whole(hostIds: readonly string[], tx: EntityManager): Promise<Map<string, GroupOutcome>> {
    const own = await this.facts.groupsOfHosts(hostIds, tx);
    const facts = byId(await this.facts.groups(unique([...own.values()].flat()), tx));
    const steps = new Map(hostIds.map((id) => [id, groupStep(new Map(), own.get(id) ?? [], facts)]));
    const members = await this.memberResources(
      [...steps.values()].flatMap((step) => step.joinedRemotes),
      tx,
    );
    return new Map(
      [...steps].map(([id, { told, joinedRemotes, delta }]) => [
        id,
        { told, deltas: [delta, ...joinedRemotes.map((group) => members.get(group) ?? EMPTY)] },
      ]),
    );
  }

  private async steps(
    touched: readonly FollowerState[],
    changed: ReadonlySet<string>,
  ): Promise<Map<string, GroupStep>> {
    if (!touched.length) return new Map();
    const own = await this.facts.groupsOfHosts(touched.map(({ hostId }) => hostId));
    const wanted = touched.flatMap(({ hostId, groups }) =>
      (own.get(hostId) ?? []).filter((id) => !groups.has(id) || changed.has(id)),
    );
    const facts = byId(await this.facts.groups(unique(wanted)));
    return new Map(
      touched.map(({ hostId, groups }) => {
        const mine = own.get(hostId) ?? [];
        const news = mine.flatMap((id) => (!groups.has(id) || changed.has(id) ? (facts.get(id) ?? []) : []));
        return [hostId, groupStep(groups, mine, byId(news))];
      }),
    );
  }

  private async memberResources(groupIds: readonly string[], tx?: EntityManager): Promise<Map<string, Delta>> {
    const members = await this.facts.members(unique(groupIds), tx);
    const byGroup = Map.groupBy(members, ({ groupId }) => groupId);
    return new Map([...byGroup].map(([id, some]) => [id, { changed: some.map(memberResource), removed: [] }]));
  }
}
