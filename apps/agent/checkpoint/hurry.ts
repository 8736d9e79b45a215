import { existsSync, writeFileSync } from 'node:fs';

const AUTOGROUP = '/proc/self/autogroup';
let users = 0;

/**
 * Frozen is no time to queue behind other sessions' work: from now on this agent goes before it, until the last caller has
 * called what it got. Where the kernel groups no sessions, or the agent may not: nothing changes.
 */
export function hurry(): () => void {
  if (users++ === 0) setNice(-15);
  let over = false;
  return () => {
    if (over) return;
    over = true;
    if (--users === 0) setNice(0);
  };
}

function setNice(nice: number): void {
  if (!existsSync(AUTOGROUP)) return;
  try {
    writeFileSync(AUTOGROUP, String(nice));
  } catch (error) {
    if (!['EPERM', 'EACCES', 'EAGAIN', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
