const KEPT_MS = 7 * 24 * 3600_000;

interface Unused {
  sha256: string;
  /** Epoch milliseconds. */
  usedAt: number;
}

/** Images that nobody uses in the order they go: the aged ones in any case, the others while space is short. */
export function whatToEvict(unused: readonly Unused[], now: number): { sha256: string; why: 'age' | 'space' }[] {
  return [...unused]
    .sort((a, b) => a.usedAt - b.usedAt)
    .map(({ sha256, usedAt }) => ({ sha256, why: now - usedAt > KEPT_MS ? 'age' : 'space' }));
}
