import type { ChildProcess } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';

const AHEAD = -15;
let users = 0;

/**
 * Gives this agent's session (autogroup) priority over others, because an instance stands frozen meanwhile. It ends when
 * every caller has called the function it got. Does nothing when the kernel has no autogroups or refuses.
 */
export function raiseAgentPriority(): () => void {
  if (users++ === 0) setNice('self', AHEAD);
  let over = false;
  return () => {
    if (over) return;
    over = true;
    if (--users === 0) setNice('self', 0);
  };
}

/** Gives a child, which must have its own session (`detached`), the same priority for its whole life. Returns the child. */
export function prioritised<Child extends ChildProcess>(child: Child): Child {
  if (child.pid) setNice(child.pid, AHEAD);
  return child;
}

/** Errors that mean "not allowed here", and ENOENT and ESRCH for a process that has ended. */
const REFUSALS = ['EPERM', 'EACCES', 'EAGAIN', 'EROFS', 'ENOENT', 'ESRCH'];

function setNice(process: number | 'self', nice: number): void {
  const autogroup = `/proc/${process}/autogroup`;
  if (!existsSync(autogroup)) return;
  try {
    writeFileSync(autogroup, String(nice));
  } catch (error) {
    if (!REFUSALS.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
