import type { NetworkComparison } from '#generated/lxstack/agent/v1/agent';
import type { DesiredResource } from '#generated/lxstack/agent/v1/desired_state';
import { digestOf } from '#libs/agent-protocol/desired-digest';
import type { GroupFact, GroupFacts } from '#libs/networking/desired-state/group-facts';
import { remotesNamedBy } from '#libs/networking/desired-state/group-round';
import type { NetworkFacts } from '#libs/networking/desired-state/host-facts';
import { groupResource, memberResource } from '#libs/networking/desired-state/resources';

/** Groups that are remembered between hosts of one audit. */
const MOST_KNOWN = 1_000;

/** What hosts should have been told of security groups, for one audit: groups of several hosts are read once. */
export class ToldGroups {
  private readonly groups = new Map<string, Promise<GroupFact | undefined>>();
  private readonly members = new Map<string, Promise<DesiredResource[]>>();

  constructor(private readonly facts: GroupFacts) {}

  /** Forgets groups where they are too many; those asked for again are read again. */
  keepFew(): void {
    for (const map of [this.groups, this.members]) if (map.size > MOST_KNOWN) map.clear();
  }

  /** Says in words where the host was told other groups than Postgres has; '' where it was not, or its agent says nothing. */
  async staleness(
    hostId: string,
    { ports }: NetworkFacts,
    { groupsDigest }: Pick<NetworkComparison, 'groupsDigest'>,
  ): Promise<string> {
    if (!groupsDigest) return '';
    const own = ports.filter((port) => port.hostId === hostId);
    const ids = [...new Set(own.flatMap(({ filter }) => filter?.securityGroupIds ?? []))];
    const groups = (await Promise.all(ids.map((id) => this.group(id)))).flatMap((group) => group ?? []);
    const remotes = [...new Set(groups.flatMap(remotesNamedBy))];
    const members = await Promise.all(remotes.map((id) => this.membersOf(id)));
    const isTold = digestOf([...groups.map(groupResource), ...members.flat()]) === groupsDigest;
    return isTold ? '' : 'the host was told of other security groups than its ports have';
  }

  private group(id: string): Promise<GroupFact | undefined> {
    const found = this.groups.get(id) ?? this.facts.groups([id]).then(([group]) => group);
    this.groups.set(id, found);
    return found;
  }

  private membersOf(id: string): Promise<DesiredResource[]> {
    const found = this.members.get(id) ?? this.facts.members([id]).then((members) => members.map(memberResource));
    this.members.set(id, found);
    return found;
  }
}
