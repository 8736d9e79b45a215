import { readFile, readdir, readlink } from 'node:fs/promises';

/** A process of an instance, as CRIU will find it. */
export interface Task {
  pid: number;
  /** How an operator finds it: its systemd unit, or its name and its pid inside. */
  name: string;
  /** Its session as the instance sees it; 0: one that begins outside. */
  session: number;
  /** Its first thread has ended, others go on. */
  leaderEnded: boolean;
}

/** Most processes that are looked at: pids.max is 4096 by default. */
const MOST = 8192;

/** The tree of processes below `initPid`, as CRIU walks it: without those that an exec from outside runs. */
export async function tasksBelow(initPid: number): Promise<Task[]> {
  const pids = [initPid];
  for (let i = 0; i < pids.length && pids.length < MOST; i++) pids.push(...(await childrenOf(pids[i]!)));
  const depth = idsOf(await orGone(readFile(`/proc/${initPid}/status`, 'utf8')), 'NSpid').length - 1;
  const tasks = await Promise.all(pids.map((pid) => taskOf(pid, depth)));
  return tasks.filter((task) => task !== undefined);
}

async function childrenOf(pid: number): Promise<number[]> {
  const threads = await orNone(readdir(`/proc/${pid}/task`));
  const lists = await Promise.all(threads.map((tid) => orGone(readFile(`/proc/${pid}/task/${tid}/children`, 'utf8'))));
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}

async function taskOf(pid: number, depth: number): Promise<Task | undefined> {
  const [status, cgroups] = await Promise.all(
    ['status', 'cgroup'].map((file) => orGone(readFile(`/proc/${pid}/${file}`, 'utf8'))),
  );
  const inside = (key: string) => idsOf(status!, key)[depth] ?? 0;
  const name = /^Name:\s*(.*)$/m.exec(status!)?.[1];
  const ended = /^State:\s*Z/m.test(status!);
  const leaderEnded = ended && Number(/^Threads:\s*(\d+)/m.exec(status!)?.[1]) > 1;
  if (!name || (ended && !leaderEnded)) return undefined;
  const found = unitIn(cgroups!) ?? `Process ${name} (pid ${inside('NSpid')})`;
  return { pid, name: found, session: inside('NSsid'), leaderEnded };
}

/** Ids in /proc/PID/status, from the agent's pid namespace down to the process's own. */
const idsOf = (status: string, key: string): number[] =>
  (new RegExp(`^${key}:(.*)$`, 'm').exec(status)?.[1] ?? '').split(/\s+/).filter(Boolean).map(Number);

/** `ssh.service` from the lines of /proc/PID/cgroup; undefined where no unit is named. */
export function unitIn(cgroups: string): string | undefined {
  return /\/([\w@:.\\-]+\.(?:service|socket|scope))(?:\/|$)/m.exec(cgroups)?.[1];
}

/** The process's namespace of a kind as /proc has it, `net:[4026531840]`; '' where the process has ended. */
export const namespaceOf = (pid: number, kind: string): Promise<string> => orGone(readlink(`/proc/${pid}/ns/${kind}`));

/** '' when the process has ended meanwhile, or is not the instance's and may not be read. */
export async function orGone(work: Promise<string>): Promise<string> {
  return (await orNone(work.then((text) => [text])))[0] ?? '';
}

/** Empty when the process has ended meanwhile, or is not the instance's and may not be read. */
export async function orNone(work: Promise<string[]>): Promise<string[]> {
  try {
    return await work;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ESRCH', 'EACCES', 'EINVAL'].includes(code ?? '')) return [];
    throw error;
  }
}
