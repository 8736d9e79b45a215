import type { SecurityGroup, SecurityGroupRule } from '#generated/lxstack/agent/v1/types';
import { memberSet, rangeSet } from './names.js';
import type { Direction } from './names.js';

/** Whether members of a remote group may send from ranges, so that the range set is to be looked into as well. */
export type HasRanges = (groupId: string, version: 4 | 6) => boolean;

const [TCP, UDP, ICMP, ICMPV6, DCCP, SCTP, UDPLITE] = [6, 17, 1, 58, 33, 132, 136];
/** Protocols whose header begins with two port numbers. */
const withPorts: readonly number[] = [TCP, UDP, DCCP, SCTP, UDPLITE];

/** From where packets come (ingress) or where they go (egress); `length` of all prefixes of one lookup is the same. */
type Remote = { kind: 'any' } | { kind: 'prefix'; length: number } | { kind: 'set'; name: string };

interface Match {
  remote: Remote;
  /** The address range, where the remote is a prefix. */
  prefix: string;
  rule: SecurityGroupRule;
}

/**
 * The rules of a group's chain: one lookup for all rules that ask for the same fields, whatever their number. Prefixes of one
 * length never overlap, so the ranges of a set do not either (the kernel refuses sets with overlaps).
 */
export function groupRules(group: SecurityGroup, direction: Direction, hasRanges: HasRanges): string[] {
  const own = group.rules.filter((rule) => rule.ingress === (direction === 'i'));
  return ([4, 6] as const).flatMap((version) => {
    const matches = own
      .filter((rule) => rule.ipv6 === (version === 6))
      .flatMap((rule) => matchesOf(rule, version, hasRanges));
    const byRemote = Map.groupBy(matches, ({ remote }) => JSON.stringify(remote));
    return [...byRemote.values()].flatMap((ofRemote) => lookups(ofRemote, version, direction));
  });
}

function matchesOf(rule: SecurityGroupRule, version: 4 | 6, hasRanges: HasRanges): Match[] {
  const { remoteGroupId: group, remotePrefix } = rule;
  if (group) {
    const names = [memberSet(version, group), ...(hasRanges(group, version) ? [rangeSet(version, group)] : [])];
    return names.map((name) => ({ remote: { kind: 'set', name }, prefix: '', rule }));
  }
  const length = remotePrefix ? Number(remotePrefix.split('/')[1] ?? (version === 4 ? 32 : 128)) : 0;
  if (!length) return [{ remote: { kind: 'any' }, prefix: '', rule }];
  return [{ remote: { kind: 'prefix', length }, prefix: remotePrefix, rule }];
}

function lookups(matches: readonly Match[], version: 4 | 6, direction: Direction): string[] {
  const kinds = Map.groupBy(matches, ({ rule }) => kindOf(rule));
  const [{ remote }] = matches as [Match];
  const address = `${version === 4 ? 'ip' : 'ip6'} ${direction === 'i' ? 'saddr' : 'daddr'}`;
  const isPrefix = remote.kind === 'prefix';
  const before =
    remote.kind === 'any'
      ? `meta protocol ${version === 4 ? 'ip' : 'ip6'}`
      : isPrefix
        ? ''
        : `${address} @${remote.name}`;
  const rule = (fields: readonly string[], elements: readonly string[]) => {
    const key = [...(isPrefix ? [address] : []), ...fields].join(' . ');
    const lookup = key && elements.length ? `${key} { ${elements.join(', ')} }` : '';
    return [before, lookup, 'accept'].filter(Boolean).join(' ');
  };
  const fields = {
    any: [],
    protocol: ['meta l4proto'],
    ports: ['meta l4proto', 'th dport'],
    icmp: icmpFields(version),
  };
  return (['any', 'protocol', 'ports', 'icmp'] as const).flatMap((kind) => {
    const some = kinds.get(kind);
    return some ? [rule(fields[kind], isPrefix || kind !== 'any' ? elementsOf(kind, some) : [])] : [];
  });
}

type Kind = 'any' | 'protocol' | 'ports' | 'icmp';

const icmpFields = (version: 4 | 6): string[] => {
  const name = version === 4 ? 'icmp' : 'icmpv6';
  return [`${name} type`, `${name} code`];
};

function kindOf({ protocol, portMin }: SecurityGroupRule): Kind {
  if (protocol === undefined) return 'any';
  if (portMin === undefined) return 'protocol';
  if (protocol === ICMP || protocol === ICMPV6) return 'icmp';
  return withPorts.includes(protocol) ? 'ports' : 'protocol';
}

function elementsOf(kind: Kind, matches: readonly Match[]): string[] {
  const start = ({ prefix, rule }: Match) => {
    const { protocol, portMin } = rule;
    const fixed = { any: [], protocol: [protocol], ports: [protocol], icmp: [portMin] }[kind];
    return [...(prefix ? [prefix] : []), ...fixed].join(' . ');
  };
  const byStart = Map.groupBy(matches, start);
  return [...byStart]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([beginning, same]) => {
      if (kind === 'any' || kind === 'protocol') return [beginning];
      return merged(same.map(({ rule }) => rangeOf(kind, rule))).map((range) => `${beginning} . ${range}`);
    });
}

/** Ports, or codes of ICMP. */
function rangeOf(kind: Kind, { portMin, portMax }: SecurityGroupRule): [number, number] {
  if (kind === 'icmp') return portMax === undefined ? [0, 255] : [portMax, portMax];
  return [portMin!, portMax ?? portMin!];
}

/** Ranges that neither overlap nor touch. */
function merged(ranges: readonly [number, number][]): string[] {
  const result: [number, number][] = [];
  for (const [low, high] of [...ranges].sort(([a], [b]) => a - b)) {
    const last = result.at(-1);
    if (last && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else result.push([low, high]);
  }
  return result.map(([low, high]) => (low === high ? String(low) : `${low}-${high}`));
}
