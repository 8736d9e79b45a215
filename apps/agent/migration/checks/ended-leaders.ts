import type { Task } from './tasks.js';

/** Processes whose first thread has ended while others go on: CRIU takes such a process for one that has ended. */
export function blockingEndedLeaders(tasks: readonly Task[]): string[] {
  return tasks
    .filter(({ leaderEnded }) => leaderEnded)
    .map(({ name }) => `${name} has ended its main thread while others run, which CRIU cannot carry: end the process.`);
}
