import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks of /proc in a second (USER_HZ, the same on every Linux that we run on). */
const TICKS = 100;

interface Stat {
  parent: number;
  /** CPU seconds of the process, and of its children that have ended. */
  seconds: number;
}

/** CPU seconds of each group of processes: of the roots, of their descendants, and of those that have ended since. */
export function cpuOf(groups: Readonly<Record<string, readonly number[]>>): Record<string, number> {
  const all = processes();
  const children = Map.groupBy(all.keys(), (pid) => all.get(pid)!.parent);
  const total = (pid: number): number => {
    const own = all.get(pid)?.seconds ?? 0;
    return (children.get(pid) ?? []).reduce((sum, child) => sum + total(child), own);
  };
  return Object.fromEntries(
    Object.entries(groups).map(([name, roots]) => [name, roots.reduce((sum, pid) => sum + total(pid), 0)]),
  );
}

/** The difference of `now` and `before`, by group. */
export function usedSince(before: Record<string, number>, now: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(now).map(([name, seconds]) => [name, seconds - (before[name] ?? 0)]));
}

function processes(): Map<number, Stat> {
  const found = new Map<number, Stat>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = statOf(Number(name));
    if (stat) found.set(Number(name), stat);
  }
  return found;
}

/** Undefined where the process has ended meanwhile. */
function statOf(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, value) => sum + Number(value), 0);
  return { parent: Number(fields[1]), seconds: ticks / TICKS };
}
