import type { BusyTask, GuestCpu } from '#generated/lxstack/agent/v1/guest';
import type { TaskSample, TaskTimes } from './task-sample.js';

/** Shares of a CPU below which a task is not told. */
const LEAST = 0.05;
/** Most tasks told. */
const MOST = 64;

/** What each task that was there at both moments did between them. `named` gives the name that an operator knows it by. */
export function cpuShares(from: TaskSample, to: TaskSample, named: (task: TaskTimes) => string): GuestCpu {
  const ms = Math.max(1, to.at - from.at);
  const busy = [...to.tasks.values()].flatMap((task) => {
    const before = from.tasks.get(task.id);
    if (!before || before.pid !== task.pid) return [];
    const ran = Math.max(0, task.ran - before.ran);
    const wanted = ran + Math.max(0, task.waited - before.waited);
    return wanted >= LEAST * ms ? [{ task, ran: share(ran / ms), wanted: share(wanted / ms) }] : [];
  });
  busy.sort((one, other) => other.wanted - one.wanted || one.task.id - other.task.id);
  return {
    seconds: ms / 1000,
    busy: busy.slice(0, MOST).map(({ task, ran, wanted }) => ({ id: task.id, name: named(task), ran, wanted })),
    tasks: [...to.tasks.keys()],
  };
}

/**
 * The same for a look that may be very short: a task counts for what it did in that time, or in all its life, if that is
 * more. One that works by turns is not taken for an idle one because the look fell into a pause.
 */
export function cpuSharesOfLife(from: TaskSample, to: TaskSample, named: (task: TaskTimes) => string): GuestCpu {
  const seen = cpuShares(from, to, named);
  const shares = new Map<number, BusyTask>(seen.busy.map((one) => [one.id, one]));
  for (const task of to.tasks.values()) {
    const [ran, wanted] = [task.ran / task.age, (task.ran + task.waited) / task.age];
    if (wanted < LEAST || wanted <= (shares.get(task.id)?.wanted ?? 0)) continue;
    shares.set(task.id, { id: task.id, name: named(task), ran: share(ran), wanted: share(wanted) });
  }
  const busy = [...shares.values()].sort((one, other) => other.wanted - one.wanted || one.id - other.id);
  return { ...seen, busy: busy.slice(0, MOST) };
}

/** To a thousandth. A task cannot take more than one CPU; two clocks may say so. */
const share = (value: number): number => Math.min(1, Math.round(value * 1000) / 1000);
