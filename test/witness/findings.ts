import type { TestFleet } from '#test/e2e/fleet/test-fleet';
import { WitnessGuest } from './guest.js';
import type { Said } from './guest.js';
import type { Kind, Verdict } from './kind.js';

/** What was seen of a kind: its verdict, that it is another object than before, or that this kernel has none. */
export interface Finding {
  kind: Kind;
  found: Verdict | 'different' | 'lacking';
  /** What the witness or the product said of it. */
  words: string;
}

export const isWell = ({ kind, found }: Finding): boolean => found === kind.verdict || found === 'lacking';

/** What a guest does between the set-up and the question; undefined where it went well. */
type Move = (guest: WitnessGuest) => Promise<string | undefined>;
const live: Move = (guest) => guest.move();
const none: Move = () => Promise.resolve(undefined);

/** Looks at kinds on a fleet: all that are carried in one guest, each of the refused by itself. `still`: without a move. */
export async function findings(fleet: TestFleet, kinds: readonly Kind[], still = false): Promise<Finding[]> {
  const refused = kinds.filter(({ verdict }) => verdict === 'refused');
  const moved = kinds.filter(({ verdict }) => verdict !== 'refused');
  return still
    ? inOneGuest(fleet, kinds, none)
    : [...(await inOneGuest(fleet, moved, live)), ...(await eachAsked(fleet, refused))];
}

/** Sets all up in one guest and moves it; where it cannot be moved, each half in a guest of its own. */
async function inOneGuest(fleet: TestFleet, kinds: readonly Kind[], move: Move): Promise<Finding[]> {
  if (!kinds.length) return [];
  const guest = await WitnessGuest.open(fleet);
  try {
    const setUp = await guest.start(names(kinds));
    const unfit = kinds.flatMap((kind) => notReady(kind, setUp));
    const there = kinds.filter(({ name }) => setUp.get(name) === 'ready');
    const failure = await move(guest);
    if (failure === undefined) return [...unfit, ...judged(there, await guest.ask(names(there)))];
    const [only, second] = there;
    if (only && !second) return [...unfit, { kind: only, found: 'different', words: `the move failed: ${failure}` }];
    const half = there.length >> 1;
    return [
      ...unfit,
      ...(await inOneGuest(fleet, there.slice(0, half), move)),
      ...(await inOneGuest(fleet, there.slice(half), move)),
    ];
  } finally {
    await guest.close();
  }
}

/** Sets each up, asks whether the guest can be moved, and looks that the question changed nothing. */
async function eachAsked(fleet: TestFleet, kinds: readonly Kind[]): Promise<Finding[]> {
  if (!kinds.length) return [];
  const guest = await WitnessGuest.open(fleet);
  try {
    const found: Finding[] = [];
    for (const kind of kinds) {
      found.push(await asked(guest, kind));
      await guest.clear();
    }
    return found;
  } finally {
    await guest.close();
  }
}

async function asked(guest: WitnessGuest, kind: Kind): Promise<Finding> {
  const setUp = await guest.start([kind.name]);
  const [unfit] = notReady(kind, setUp);
  if (unfit) return unfit;
  const reasons = await guest.reasons();
  const words = reasons.join(' | ') || 'nothing speaks against a move';
  const named = reasons.length > 0 && reasons.every((reason) => kind.words!.test(reason));
  if (!named || !words.includes(kind.name.slice(0, 15))) return { kind, found: 'different', words };
  const [{ found, words: after }] = judged([kind], await guest.ask([kind.name])) as [Finding];
  return found === 'carried'
    ? { kind, found: 'refused', words }
    : { kind, found, words: `after the question: ${after}` };
}

const names = (kinds: readonly Kind[]): string[] => kinds.map(({ name }) => name);

function notReady(kind: Kind, setUp: Said): Finding[] {
  const words = setUp.get(kind.name) ?? 'has said nothing';
  if (words === 'ready') return [];
  return [{ kind, found: words.startsWith('lacking: ') ? 'lacking' : 'different', words }];
}

const judged = (kinds: readonly Kind[], said: Said): Finding[] =>
  kinds.map((kind) => {
    const words = said.get(kind.name) ?? 'has said nothing';
    const found = words === 'ok' ? 'carried' : words.startsWith('lacking: ') ? 'lacking' : 'different';
    return { kind, found, words };
  });
