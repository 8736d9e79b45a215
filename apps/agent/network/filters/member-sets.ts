import { isIPv4 } from 'node:net';
import { FRAMES, memberSet, rangeSet } from './names.js';

const versions = [4, 6] as const;
type Version = (typeof versions)[number];

/** A group's members' addresses and ranges, by IP version. */
type Content = Record<Version, { addresses: Set<string>; ranges: Set<string> }>;

/** Elements in one command. */
const CHUNK = 500;

/**
 * The nft sets with the addresses of remote groups' members. A change adds and removes what has changed. Methods return
 * commands, and count on their success: where they fail, `forget` has everything made anew.
 */
export class MemberSets {
  private readonly sets = new Map<string, Content>();
  private shrunk = new Set<string>();

  constructor(private readonly addressesOf: (groupId: string) => Iterable<string>) {}

  /** Makes a group's sets where they are not there. */
  ensure(groupId: string): string[] {
    return this.sets.has(groupId) ? [] : this.make(groupId);
  }

  /** Commands for groups whose members have changed; groups without sets need none. */
  changed(groupIds: Iterable<string>): string[] {
    return [...groupIds].filter((id) => this.sets.has(id)).flatMap((id) => this.update(id, this.sets.get(id)!));
  }

  /** Removes the sets of all other groups, whose rules are gone. */
  keepOnly(groupIds: ReadonlySet<string>): string[] {
    const gone = [...this.sets.keys()].filter((id) => !groupIds.has(id));
    for (const id of gone) this.sets.delete(id);
    return gone.flatMap((id) =>
      versions.flatMap((version) =>
        [memberSet(version, id), rangeSet(version, id)].map((set) => `delete set ${FRAMES} ${set}`),
      ),
    );
  }

  /** Groups that `changed` has taken addresses from since the last call. */
  takeShrunk(): Set<string> {
    const taken = this.shrunk;
    this.shrunk = new Set();
    return taken;
  }

  hasRanges(groupId: string, version: Version): boolean {
    return (this.sets.get(groupId) ?? contentOf(this.addressesOf(groupId)))[version].ranges.size > 0;
  }

  /** What the sets of the group should have, by the set's name. */
  wanted(groupId: string): [string, ReadonlySet<string>][] {
    const content = contentOf(this.addressesOf(groupId));
    return versions.flatMap((version): [string, ReadonlySet<string>][] => [
      [memberSet(version, groupId), content[version].addresses],
      [rangeSet(version, groupId), content[version].ranges],
    ]);
  }

  /** Nothing is believed to be there any more. */
  forget(): void {
    this.sets.clear();
  }

  private make(groupId: string): string[] {
    const content = contentOf(this.addressesOf(groupId));
    this.sets.set(groupId, content);
    return versions.flatMap((version) => {
      const [set, ranges] = [memberSet(version, groupId), rangeSet(version, groupId)];
      return [
        `add set ${FRAMES} ${set} { type ipv${version}_addr; }`,
        `add set ${FRAMES} ${ranges} { type ipv${version}_addr; flags interval; auto-merge; }`,
        `flush set ${FRAMES} ${set}`,
        `flush set ${FRAMES} ${ranges}`,
        ...elements('add', set, content[version].addresses),
        ...elements('add', ranges, content[version].ranges),
      ];
    });
  }

  private update(groupId: string, before: Content): string[] {
    const after = contentOf(this.addressesOf(groupId));
    this.sets.set(groupId, after);
    return versions.flatMap((version) => {
      const [set, ranges] = [memberSet(version, groupId), rangeSet(version, groupId)];
      const [old, now] = [before[version], after[version]];
      const gone = without(old.addresses, now.addresses);
      if (gone.size || without(old.ranges, now.ranges).size) this.shrunk.add(groupId);
      const sameRanges = !without(old.ranges, now.ranges).size && !without(now.ranges, old.ranges).size;
      return [
        ...elements('delete', set, gone),
        ...elements('add', set, without(now.addresses, old.addresses)),
        ...(sameRanges ? [] : [`flush set ${FRAMES} ${ranges}`, ...elements('add', ranges, now.ranges)]),
      ];
    });
  }
}

const without = (all: ReadonlySet<string>, others: ReadonlySet<string>): Set<string> =>
  new Set([...all].filter((one) => !others.has(one)));

function contentOf(all: Iterable<string>): Content {
  const empty = () => ({ addresses: new Set<string>(), ranges: new Set<string>() });
  const content: Content = { 4: empty(), 6: empty() };
  for (const one of all) {
    const [address = '', length] = one.split('/');
    const version = isIPv4(address) ? 4 : 6;
    const whole = length === undefined || Number(length) === (version === 4 ? 32 : 128);
    if (whole) content[version].addresses.add(address);
    else content[version].ranges.add(one);
  }
  return content;
}

function elements(command: 'add' | 'delete', set: string, values: ReadonlySet<string>): string[] {
  const all = [...values];
  const lines: string[] = [];
  for (let at = 0; at < all.length; at += CHUNK)
    lines.push(`${command} element ${FRAMES} ${set} { ${all.slice(at, at + CHUNK).join(', ')} }`);
  return lines;
}
