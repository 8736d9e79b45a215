const KEPT_MS = 7 * 24 * 3600_000;

interface Unused {
  sha256: string;
  /** Milliseconds since 1970. */
  usedAt: number;
}

/** Which unused images to remove, in this order: the old ones in any case, others while space is short. */
export function whatToEvict(unused: readonly Unused[], now: number): { sha256: string; why: 'age' | 'space' }[] {
  return [...unused]
    .sort((a, b) => a.usedAt - b.usedAt)
    .map(({ sha256, usedAt }) => ({ sha256, why: now - usedAt > KEPT_MS ? 'age' : 'space' }));
}
