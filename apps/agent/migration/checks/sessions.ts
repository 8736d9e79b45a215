import type { Task } from './tasks.js';

/** Left in the background by an exec from outside, a process is in a session that CRIU cannot see the leader of. */
export function blockingSessions(tasks: readonly Task[]): string[] {
  return tasks
    .filter(({ session }) => session === 0)
    .map(
      ({ name }) => `${name} was started from outside in a session that is not the instance's: start it with setsid.`,
    );
}
