import type { Task } from './tasks.js';

/** Processes that an exec from outside left in the background: the leader of their session is outside, where CRIU cannot see it. */
export function blockingSessions(tasks: readonly Task[]): string[] {
  return tasks
    .filter(({ session }) => session === 0)
    .map(
      ({ name }) => `${name} was started from outside in a session that is not the instance's: start it with setsid.`,
    );
}
