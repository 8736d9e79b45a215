import type { AllocationPool } from './subnet.entity.js';
import { parseAddress, renderAddress } from './cidr.js';

/** Pools of up to this many addresses are offered whole, larger ones by samples. */
const SMALL = 256n;
const SAMPLES = 16;

/**
 * Addresses to try, in random order, so that transactions at the same time do not queue for the same address; of a
 * large pool more than `wanted`. `random` returns numbers in [0, 1).
 */
export function candidates(pools: AllocationPool[], random: () => number = Math.random, wanted = 1): string[] {
  const ranges = pools.map((pool) => {
    const { version, value: start } = parseAddress('start', pool.start);
    return { version, start, size: parseAddress('end', pool.end).value - start + 1n };
  });
  const total = ranges.reduce((sum, { size }) => sum + size, 0n);
  const offsets = total <= SMALL ? shuffled(Number(total), random) : sampled(total, random, SAMPLES + 2 * wanted);
  return offsets.map((offset) => {
    for (const { version, start, size } of ranges) {
      if (offset < size) return renderAddress(version, start + offset);
      offset -= size;
    }
    throw new RangeError('offset beyond the pools');
  });
}

/** How many addresses the pools have. */
export function addressesIn(pools: readonly AllocationPool[]): bigint {
  const size = ({ start, end }: AllocationPool) =>
    parseAddress('end', end).value - parseAddress('start', start).value + 1n;
  return pools.reduce((sum, pool) => sum + size(pool), 0n);
}

function sampled(total: bigint, random: () => number, count: number): bigint[] {
  // Choice among 2^48 addresses is enough, and a double holds the number exactly.
  const span = total < 1n << 48n ? total : 1n << 48n;
  return [...new Set(Array.from({ length: count }, () => BigInt(Math.floor(random() * Number(span)))))];
}

function shuffled(count: number, random: () => number): bigint[] {
  const order = Array.from({ length: count }, (_, n) => BigInt(n));
  for (let n = count - 1; n > 0; n--) {
    const other = Math.floor(random() * (n + 1));
    [order[n], order[other]] = [order[other]!, order[n]!];
  }
  return order;
}
