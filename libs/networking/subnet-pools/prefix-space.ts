import { bitsOf, lastOf } from '../subnets/cidr.js';
import type { Cidr } from '../subnets/cidr.js';

/** Addresses from `start` to `end`, both included. */
interface Range {
  start: bigint;
  end: bigint;
}

const rangeOf = (cidr: Cidr): Range => ({ start: cidr.base, end: lastOf(cidr) });

/** The same addresses in the fewest prefixes, in order; all of one IP version. */
export function compacted(prefixes: readonly Cidr[]): Cidr[] {
  const version = prefixes[0]?.version ?? 4;
  return merged(prefixes.map(rangeOf)).flatMap((range) => prefixesOf(version, range));
}

/** Whether all addresses of `inner` lie in `outer`. */
export function covers(outer: readonly Cidr[], inner: readonly Cidr[]): boolean {
  const ranges = merged(outer.map(rangeOf));
  return inner.map(rangeOf).every((one) => ranges.some(({ start, end }) => start <= one.start && one.end <= end));
}

/**
 * A free prefix of this length: of the smallest gap between the taken ones that has room for it, so that large gaps stay.
 * Undefined where there is none.
 */
export function freePrefix(prefixes: readonly Cidr[], taken: readonly Cidr[], prefix: number): Cidr | undefined {
  const version = prefixes[0]?.version ?? 4;
  const size = 1n << BigInt(bitsOf(version) - prefix);
  const found = gaps(prefixes, taken)
    .map((gap) => ({ base: ((gap.start + size - 1n) / size) * size, gap }))
    .filter(({ base, gap }) => base + size - 1n <= gap.end)
    .sort((one, other) => (one.gap.end - one.gap.start < other.gap.end - other.gap.start ? -1 : 1));
  return found[0] && { version, base: found[0].base, prefix };
}

/** Whether the prefix lies in the pool and overlaps nothing that is taken. */
export function isFree(prefixes: readonly Cidr[], taken: readonly Cidr[], wanted: Cidr): boolean {
  const { start, end } = rangeOf(wanted);
  return (
    wanted.version === prefixes[0]?.version && gaps(prefixes, taken).some((gap) => gap.start <= start && end <= gap.end)
  );
}

function gaps(prefixes: readonly Cidr[], taken: readonly Cidr[]): Range[] {
  const used = merged(taken.map(rangeOf));
  return merged(prefixes.map(rangeOf)).flatMap(({ start, end }) => {
    const free: Range[] = [];
    let at = start;
    for (const one of used) {
      if (one.end < at || one.start > end) continue;
      if (one.start > at) free.push({ start: at, end: one.start - 1n });
      at = one.end + 1n;
    }
    return at <= end ? [...free, { start: at, end }] : free;
  });
}

function merged(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const { start, end } of [...ranges].sort((one, other) => (one.start < other.start ? -1 : 1))) {
    const last = result.at(-1);
    if (last && start <= last.end + 1n) last.end = last.end > end ? last.end : end;
    else result.push({ start, end });
  }
  return result;
}

function prefixesOf(version: 4 | 6, { start, end }: Range): Cidr[] {
  const found: Cidr[] = [];
  for (let base = start; base <= end;) {
    let host = 0;
    const bits = bitsOf(version);
    while (host < bits && base % (1n << BigInt(host + 1)) === 0n && base + (1n << BigInt(host + 1)) - 1n <= end) host++;
    found.push({ version, base, prefix: bits - host });
    base += 1n << BigInt(host);
  }
  return found;
}
