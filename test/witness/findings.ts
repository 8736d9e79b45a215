import type { TestFleet } from '#test/e2e/fleet/test-fleet';
import { WitnessGuest } from './guest.js';
import type { LostKind, Said } from './guest.js';
import type { Kind, Verdict } from './kind.js';

/** What was seen of a kind: its verdict, that it is another object than before, or that this kernel has none. */
export interface Finding {
  kind: Kind;
  found: Verdict | 'different' | 'lacking';
  /** What the witness or the product said of it. */
  words: string;
}

/** Whether a kind is what the table says, as far as this kernel has it. */
export const isWell = ({ kind, found }: Finding): boolean => found === kind.verdict || found === 'lacking';

/** What a guest does between the set-up and the question; undefined where it went well. */
type Move = (guest: WitnessGuest) => Promise<string | undefined>;
const live: Move = (guest) => guest.move();
const none: Move = () => Promise.resolve(undefined);

/** Is told what a finding does not show. */
type Note = (words: string) => void;

/** Looks at kinds on a fleet: all that are moved in one guest, the refused in another. `still`: without a move. */
export async function findings(
  fleet: TestFleet,
  kinds: readonly Kind[],
  note: Note,
  still = false,
): Promise<Finding[]> {
  const refused = kinds.filter(({ verdict }) => verdict === 'refused');
  const moved = kinds.filter(({ verdict }) => verdict !== 'refused');
  return still
    ? inOneGuest(fleet, kinds, none, note)
    : [...(await inOneGuest(fleet, moved, live, note)), ...(await asked(fleet, refused))];
}

/** Sets all up in one guest and moves it; where it cannot be moved, each half in a guest of its own. */
async function inOneGuest(fleet: TestFleet, kinds: readonly Kind[], move: Move, note: Note): Promise<Finding[]> {
  if (!kinds.length) return [];
  const guest = await WitnessGuest.open(fleet);
  try {
    const setUp = await guest.start(names(kinds));
    const unfit = kinds.flatMap((kind) => notReady(kind, setUp));
    const there = kinds.filter(({ name }) => setUp.get(name) === 'ready');
    const failure = await move(guest);
    if (failure === undefined) return [...unfit, ...(await judgedMoved(guest, there))];
    note(`a move of ${there.length} kinds at once failed, so each half is moved alone: ${failure}`);
    const [only, second] = there;
    if (only && !second) return [...unfit, { kind: only, found: 'different', words: `the move failed: ${failure}` }];
    const half = there.length >> 1;
    return [
      ...unfit,
      ...(await inOneGuest(fleet, there.slice(0, half), move, note)),
      ...(await inOneGuest(fleet, there.slice(half), move, note)),
    ];
  } finally {
    await guest.close();
  }
}

/** After a move: what is not as it was has to stand in the migration's record. */
async function judgedMoved(guest: WitnessGuest, there: readonly Kind[]): Promise<Finding[]> {
  const found = judged(there, await guest.ask(names(there)));
  const record = await guest.lost();
  return found.map((finding): Finding => {
    const { kind, words } = finding;
    if (finding.found !== 'lost' || isSaid(kind, record)) return finding;
    return { kind, found: 'different', words: `${words}; the migration's record does not say it` };
  });
}

const isSaid = ({ name, said }: Kind, record: readonly LostKind[]): boolean =>
  !said ||
  record.some(
    ({ kind, holders }) => kind === said.kind && (!said.named || holders.some((holder) => isOf(name, holder))),
  );

/** Kinds that are asked about at once: an answer holds twenty reasons at most. */
const AT_ONCE = 8;

/** Sets some up, asks whether the guest can be moved, and looks that the question changed nothing. */
async function asked(fleet: TestFleet, kinds: readonly Kind[]): Promise<Finding[]> {
  if (!kinds.length) return [];
  const guest = await WitnessGuest.open(fleet);
  try {
    const found: Finding[] = [];
    for (let at = 0; at < kinds.length; at += AT_ONCE) {
      found.push(...(await askedAtOnce(guest, kinds.slice(at, at + AT_ONCE))));
      await guest.clear();
    }
    return found;
  } finally {
    await guest.close();
  }
}

async function askedAtOnce(guest: WitnessGuest, kinds: readonly Kind[]): Promise<Finding[]> {
  const setUp = await guest.start(names(kinds));
  const unfit = kinds.flatMap((kind) => notReady(kind, setUp));
  const there = kinds.filter(({ name }) => setUp.get(name) === 'ready');
  const reasons = await guest.reasons();
  const after = judged(there, await guest.ask(names(there)));
  const others = reasons.filter((reason) => !there.some((kind) => isNamed(kind, reason)));
  return [
    ...unfit,
    ...after.map(({ kind, found, words }): Finding => {
      const reason = reasons.find((one) => isNamed(kind, one));
      if (found !== 'carried') return { kind, found, words: `after the question: ${words}` };
      if (!reason) return { kind, found: 'different', words: ['nothing names it', ...others].join(' | ') };
      return { kind, found: 'refused', words: reason };
    }),
  ];
}

/** Whether a reason names the kind and its process; the kernel keeps 15 characters of a name. */
const isNamed = (kind: Kind, reason: string): boolean => kind.words!.test(reason) && isOf(kind.name, reason);

const isOf = (name: string, words: string): boolean => words.startsWith(`Process ${name.slice(0, 15)} (`);

const names = (kinds: readonly Kind[]): string[] => kinds.map(({ name }) => name);

function notReady(kind: Kind, setUp: Said): Finding[] {
  const words = setUp.get(kind.name) ?? 'has said nothing';
  if (words === 'ready') return [];
  if (!words.startsWith('lacking: ')) return [{ kind, found: 'different', words }];
  return [{ kind, found: kind.verdict === 'withheld' && kind.words!.test(words) ? 'withheld' : 'lacking', words }];
}

const judged = (kinds: readonly Kind[], said: Said): Finding[] =>
  kinds.map((kind) => {
    const words = said.get(kind.name) ?? 'has said nothing';
    const worse = kind.verdict === 'lost' ? 'lost' : 'different';
    const found = words === 'ok' ? 'carried' : words.startsWith('lacking: ') ? 'lacking' : worse;
    return { kind, found, words };
  });
