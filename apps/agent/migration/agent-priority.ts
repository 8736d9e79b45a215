import type { ChildProcess } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';

const AHEAD = -15;
let users = 0;

/**
 * Frozen is no time to queue behind other sessions' work: from now on this agent goes before it, until the last caller has
 * called what it got. Where the kernel groups no sessions, or the agent may not: nothing changes.
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

/** A child in a session of its own (`detached`) goes before other sessions' work as long as it lives. Returns it. */
export function prioritised<Child extends ChildProcess>(child: Child): Child {
  if (child.pid) setNice(child.pid, AHEAD);
  return child;
}

/** ENOENT, ESRCH: it has ended. */
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
