import type { GuestCpu, GuestHealth as Seen } from '#generated/lxstack/agent/v1/guest';

/** A task that did not run before the move and spins since. Shares of one CPU: what it ran or waited for one. */
export interface SpinningTask {
  name: string;
  before: number;
  now: number;
  /** Of `now`, what it ran. */
  ran: number;
}

/** What a task ran of one CPU or waited for it, before the move and after it; null where it was not there or not watched. */
export interface TaskCpu {
  name: string;
  before: number | null;
  now: number | null;
}

/** What a look at a guest after its move has found: `migrations.health`. */
export interface GuestHealth {
  /** Nothing below is amiss; null where the look was cut short. */
  well: boolean | null;
  /** What is amiss, in an operator's words. */
  findings: string[];
  init: { kind: string; answers: boolean | null; state: string };
  /**
   * Seconds watched before (null: no live move, or a source that does not tell) and after; what spins. `tasks`: all that
   * took 5 % of a CPU before or after, the busiest MOST_TASKS; records of v0.2 have none.
   */
  cpu: {
    secondsBefore: number | null;
    seconds: number;
    spinning: SpinningTask[];
    busy: number;
    tasks?: TaskCpu[];
  };
  limits: { name: string; expected: number; found: number }[];
  /** Why a pause would not stop all of it; '' where it would. */
  cannotPause: string;
  /** Units that have failed since the move was asked for. */
  failedUnits: string[];
}

/**
 * A task that wants this much of a CPU for seconds spins, as far as can be seen from outside: it never sleeps, whether it gets
 * one or not. With less than LEAST it only woke now and then, on a host where every turn is long in coming.
 */
const SPINS = 0.9;
const LEAST = 0.01;
/** One that wanted this much before ran then, too. */
const RAN = 0.25;
/** Most tasks kept of a look. */
const MOST_TASKS = 64;

/**
 * Compares what a guest's host sees of it some time after the move with its tasks before. `secondsSince`: since the move was
 * asked for.
 */
export function guestHealth(seen: Seen, before: GuestCpu | undefined, secondsSince: number): GuestHealth {
  const spinning = before && seen.cpu ? spinningSince(before, seen.cpu) : [];
  const failedUnits = seen.failedUnits
    .filter(({ secondsAgo }) => secondsAgo === undefined || secondsAgo <= secondsSince)
    .map(({ name }) => name);
  const limits = seen.limits.map(({ name, expected, found }) => ({ name, expected, found }));
  const answers = seen.running ? (seen.initAnswers ?? null) : false;
  const findings = [
    ...(seen.running ? [] : ['It does not run.']),
    ...spinning.map(
      (task) => `${task.name} did not run before the move and spins now: ${percent(task.now)} of a CPU wanted.`,
    ),
    ...(seen.running && answers === false ? [`Its init (${seen.init}) does not answer.`] : []),
    ...limits
      .filter(({ expected, found }) => !inForce(expected, found))
      .map(({ name, expected, found }) => `${name} is ${found || 'not limited'}, to be ${expected}.`),
    ...(seen.running && seen.cannotPause ? [`A pause would not stop all of it: ${seen.cannotPause}.`] : []),
    ...failedUnits.map((name) => `${name} has failed.`),
  ];
  return {
    well: findings.length ? false : seen.cutShort ? null : true,
    findings,
    init: { kind: seen.init, answers, state: seen.initState },
    cpu: {
      secondsBefore: before?.seconds ?? null,
      seconds: seen.cpu?.seconds ?? 0,
      spinning,
      busy: seen.cpu?.busy.length ?? 0,
      tasks: taskCpu(before, seen.cpu),
    },
    limits,
    cannotPause: seen.cannotPause,
    failedUnits,
  };
}

/** A task that began after the move is no guest of the move: it may well have work. */
function spinningSince(before: GuestCpu, now: GuestCpu): SpinningTask[] {
  const wanted = new Map(before.busy.map((task) => [task.id, task.wanted]));
  const there = new Set(before.tasks);
  return now.busy
    .filter((task) => task.wanted >= SPINS && task.ran >= LEAST && there.has(task.id))
    .map(({ id, name, wanted: share, ran }) => ({ name, before: wanted.get(id) ?? 0, now: share, ran }))
    .filter((task) => task.before < RAN);
}

function taskCpu(before: GuestCpu | undefined, now: GuestCpu | undefined): TaskCpu[] {
  const wanted = (cpu: GuestCpu | undefined) => {
    const shares = new Map(cpu?.busy.map((task) => [task.id, task.wanted]));
    const there = new Set(cpu?.tasks);
    return (id: number) => shares.get(id) ?? (there.has(id) ? 0 : null);
  };
  const [then, since] = [wanted(before), wanted(now)];
  const names = new Map([...(before?.busy ?? []), ...(now?.busy ?? [])].map(({ id, name }) => [id, name]));
  const most = ({ before: one, now: other }: TaskCpu) => Math.max(one ?? 0, other ?? 0);
  return [...names]
    .map(([id, name]) => ({ name, before: then(id), now: since(id) }))
    .sort((one, other) => most(other) - most(one))
    .slice(0, MOST_TASKS);
}

/** The kernel counts memory in pages. */
const inForce = (expected: number, found: number): boolean => found > 0 && Math.abs(found - expected) < 4096;

const percent = (share: number): string => `${Math.round(share * 100)} %`;
