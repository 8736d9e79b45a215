/** What becomes of a kind in a live move: it goes along, the precheck names it, it is lost, or no guest may have one. */
export type Verdict = 'carried' | 'refused' | 'lost' | 'withheld';

/** One kind of kernel object, by the name of its program. */
export interface Kind {
  name: string;
  group: string;
  verdict: Verdict;
  /** What there is of it, or why it does not go along. */
  what: string;
  /** In the reason that names it; withheld: in the answer to who asks for one. */
  words?: RegExp;
  /** How the migration's record names it; with the process, where `named`. */
  said?: { kind: string; named: boolean };
}

type Row = Omit<Kind, 'name' | 'group'>;

/** `what`: the witness looks at. */
export const carried = (what: string): Row => ({ verdict: 'carried', what });
/** `words`: in the reason, behind the name of the process; `what`: why it does not go along. */
export const refused = (words: RegExp, what: string): Row => ({ verdict: 'refused', words, what });
/** `words`: of the kernel's answer to who asks for one. */
export const withheld = (words: RegExp, what: string): Row => ({ verdict: 'withheld', words, what });
/** `kind`: in the migration's record. */
export const lost = (what: string, kind: string): Row => ({
  verdict: 'lost',
  what,
  said: { kind, named: true },
});
/** The record cannot say which process it is. */
export const lostByUser = (what: string, kind: string): Row => ({
  verdict: 'lost',
  what,
  said: { kind, named: false },
});

/** Kinds of a table of groups. */
export function kindsOf(groups: Record<string, Record<string, Row>>): Kind[] {
  return Object.entries(groups).flatMap(([group, rows]) =>
    Object.entries(rows).map(([name, row]) => ({ name, group, ...row })),
  );
}
