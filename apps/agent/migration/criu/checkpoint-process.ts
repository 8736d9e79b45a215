import { spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { sleep } from '#libs/common/clock';
import { NotFoundError } from '#libs/common/errors';
import { killProcess } from '../../process/kill-process.js';
import type { MovableInstances } from '../movable-instances.js';
import { moveFile } from '../move-files.js';

const LOOK_MS = 50;
const KILL_WAIT_MS = 2_000;

/** Runs lxc-checkpoint, which lives on when the agent does not. Resolves with its exit status. */
export function startCheckpoint(
  directory: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const out = openSync(moveFile(directory, 'lxcLog'), 'a', 0o600);
  const child = spawn('lxc-checkpoint', args, { env: environment, stdio: ['ignore', out, out], detached: true });
  closeSync(out);
  if (child.pid) writeFileSync(moveFile(directory, 'checkpointPid'), String(child.pid));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 255));
  });
}

/** Resolves when the one that an agent before this one had started is gone. */
export async function earlierCheckpointEnded(directory: string): Promise<void> {
  await moveProcessEnded(directory, 'checkpointPid');
}

/** Resolves when the process of this pid file is gone, false where there was none. It may be no child of ours: it is looked at. */
export async function moveProcessEnded(directory: string, pidFile: 'checkpointPid' | 'lazyPid'): Promise<boolean> {
  const pid = (await orEmpty(moveFile(directory, pidFile))).trim();
  if (!pid) return false;
  while ((await orEmpty(`/proc/${pid}/environ`)).includes(`LXSTACK_MOVE_DIR=${directory}\0`)) await sleep(LOOK_MS);
  return true;
}

/**
 * Kills whatever is left of a target's restore: lxc-checkpoint, CRIU, scripts, LXC's monitor. Where two agents share a
 * machine the source's dump has the same directory's name: it is bringing the instance back, and is let be.
 */
export async function killRestore(directory: string): Promise<void> {
  const marks = [`LXSTACK_MOVE_DIR=${directory}\0`, 'LXSTACK_MOVE_ROLE=target\0'];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const environment = await orEmpty(`/proc/${pid}/environ`);
    if (marks.every((mark) => environment.includes(mark))) killProcess(Number(pid));
  }
}

/** Kills what a restore has made whose CRIU is gone. False where it cannot be ended. */
export async function killTasks(instances: MovableInstances, instanceId: string): Promise<boolean> {
  for (const until = Date.now() + KILL_WAIT_MS; ; await sleep(LOOK_MS)) {
    const pid = await runningPid(instances, instanceId); // none: the agent died before it wrote that it comes
    if (!pid || Date.now() > until) return !pid;
    killProcess(pid); // its namespace goes with it
  }
}

/** Pid of its init, 0 where it does not run or is no instance of this host (any more). */
export function runningPid(instances: Pick<MovableInstances, 'initPid'>, instanceId: string): Promise<number> {
  return instances.initPid(instanceId).catch((error: unknown) => {
    if (error instanceof NotFoundError) return 0;
    throw error;
  });
}

/** The file's text, nothing where it or its process is not there. */
export async function orEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return '';
    throw error;
  }
}
