import type { LostKind } from '#generated/lxstack/agent/v1/guest';

/** What a process loses in a live move, or what does not go along as it was. */
export interface Loss {
  /** As in ../WITNESSES.md. */
  kind: string;
  /** In an operator's words, behind the names of the processes. */
  what: string;
  /** Its unit, or its name and its pid inside. */
  holder: string;
}

/** Most processes told of a kind. */
const MOST_HOLDERS = 32;

/** By kind, each process once, in the order found. */
export function byKind(losses: readonly Loss[]): LostKind[] {
  const kinds = new Map<string, { what: string; holders: Set<string> }>();
  for (const { kind, what, holder } of losses) {
    const known = kinds.get(kind) ?? { what, holders: new Set() };
    kinds.set(kind, known);
    known.holders.add(holder);
  }
  return [...kinds].map(([kind, { what, holders }]) => ({
    kind,
    what,
    holders: [...holders].slice(0, MOST_HOLDERS),
    count: holders.size,
  }));
}
