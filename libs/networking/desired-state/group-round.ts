import type { Change } from './change-log.js';
import type { Delta } from './delta.js';
import type { GroupFact, MemberFact } from './group-facts.js';
import { groupResource, memberName, memberResource, nameOf } from './resources.js';

/** Of each security group in a host's document: the groups that its rules name as remote. */
export type ToldGroups = Map<string, readonly string[]>;

/** Ids of the groups whose members are in the document. */
export const remotesOf = (told: ToldGroups): Set<string> => new Set([...told.values()].flat());

/** Ids of the groups that rules of the group name as remote. */
export const remotesNamedBy = ({ rules }: GroupFact): string[] => [
  ...new Set(rules.map(({ remoteGroupId }) => remoteGroupId).filter((id) => id !== '')),
];

/** How the groups of a document become those that the host has now. */
export interface GroupStep {
  told: ToldGroups;
  /** Groups whose members the host must get whole. */
  joinedRemotes: string[];
  delta: Delta;
}

/**
 * `own`: ids of the groups of the host's ports; `facts`: of these the ones that are new for the host or have changed. Groups
 * that are neither stay as they were told. What the host no longer needs of members it drops by itself.
 */
export function groupStep(
  before: ToldGroups,
  own: readonly string[],
  facts: ReadonlyMap<string, GroupFact>,
): GroupStep {
  const told: ToldGroups = new Map();
  const changed = own.flatMap((id) => facts.get(id) ?? []);
  for (const id of own) {
    const fact = facts.get(id);
    const remotes = fact ? remotesNamedBy(fact) : before.get(id);
    if (remotes) told.set(id, remotes);
  }
  const had = remotesOf(before);
  return {
    told,
    joinedRemotes: [...remotesOf(told)].filter((id) => !had.has(id)),
    delta: {
      changed: changed.map(groupResource),
      removed: [...before.keys()].filter((id) => !told.has(id)).map((id) => nameOf('securityGroup', id)),
    },
  };
}

/** What `changes` say of members, by group: for every host whose rules name the group. `now`: the groups that the ports are in. */
export function memberDeltas(changes: readonly Change[], now: readonly MemberFact[]): Map<string, Delta> {
  const present = new Map(now.map((member) => [`${member.groupId}/${member.portId}`, member]));
  const pairs = new Map<string, { groupId: string; portId: string }>();
  for (const { kind, groupId, resourceId } of changes)
    if (kind === 'member') pairs.set(`${groupId}/${resourceId}`, { groupId: groupId!, portId: resourceId! });
  const byGroup = Map.groupBy(pairs.values(), ({ groupId }) => groupId);
  return new Map(
    [...byGroup].map(([groupId, some]) => {
      const members = some.map(({ portId }) => present.get(`${groupId}/${portId}`));
      const removed = some.filter((_, at) => !members[at]).map(({ portId }) => memberName(groupId, portId));
      return [groupId, { changed: members.flatMap((one) => (one ? memberResource(one) : [])), removed }];
    }),
  );
}
