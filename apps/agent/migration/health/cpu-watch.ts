import type { GuestCpu } from '#generated/lxstack/agent/v1/guest';
import { sleep } from '#libs/common/clock';
import { unitIn } from '../checks/tasks.js';
import { cpuShares, cpuSharesOfLife } from './cpu-shares.js';
import { read, sampleTasks } from './task-sample.js';
import type { TaskSample, TaskTimes } from './task-sample.js';

/** The guest's CPU before its freeze: from the move's begin to just before its freeze. What fails here fails no move. */
export class CpuWatch {
  private first: Promise<TaskSample | undefined> | undefined;

  constructor(private readonly initPid: () => Promise<number>) {}

  begin(): void {
    this.first ??= this.sample();
  }

  /** Undefined where it could not be read. */
  async end(): Promise<GuestCpu | undefined> {
    const first = await this.first;
    const last = first && (await this.sample());
    return first && last && cpuSharesOfLife(first, last, nameOf);
  }

  private sample(): Promise<TaskSample | undefined> {
    return this.initPid()
      .then(sampleTasks)
      .catch(() => undefined);
  }
}

/** What the tasks below `initPid` do in the `seconds` that come. Rejects with the signal's reason when that is over. */
export async function watchCpu(initPid: number, seconds: number, signal: AbortSignal): Promise<GuestCpu> {
  const first = await sampleTasks(initPid);
  await sleep(seconds * 1000, signal);
  return cpuShares(first, await sampleTasks(initPid), nameOf);
}

/** `cron (pid 12, cron.service)`; a task of a process with several has its own id. */
function nameOf({ pid, id, name }: TaskTimes): string {
  const unit = unitIn(read(`/proc/${pid}/cgroup`));
  return `${name} (${[`pid ${id}`, ...(unit ? [unit] : [])].join(', ')})`;
}
