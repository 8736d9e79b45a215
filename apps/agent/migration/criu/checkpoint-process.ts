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

/** Resolves when the lxc-checkpoint that an earlier agent started is gone. */
export async function earlierCheckpointEnded(directory: string): Promise<void> {
  await moveProcessEnded(directory, 'checkpointPid');
}

/** Resolves when the process of this pid file is gone; false when there was none. Polls, for it may be no child of this agent. */
export async function moveProcessEnded(directory: string, pidFile: 'checkpointPid' | 'lazyPid'): Promise<boolean> {
  const pid = (await orEmpty(moveFile(directory, pidFile))).trim();
  if (!pid) return false;
  while ((await orEmpty(`/proc/${pid}/environ`)).includes(`LXSTACK_MOVE_DIR=${directory}\0`)) await sleep(LOOK_MS);
  return true;
}

/**
 * Kills whatever is left of a target's restore: lxc-checkpoint, CRIU, scripts, LXC's monitor. Looks for the role too: where two
 * agents share a machine, the source's dump, which may be bringing the instance back, has a directory of the same name.
 */
export async function killRestore(directory: string): Promise<void> {
  const marks = [`LXSTACK_MOVE_DIR=${directory}\0`, 'LXSTACK_MOVE_ROLE=target\0'];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const environment = await orEmpty(`/proc/${pid}/environ`);
    if (marks.every((mark) => environment.includes(mark))) killProcess(Number(pid));
  }
}

/** Kills the instance that a restore has made. False when it cannot be ended. */
export async function killTasks(instances: MovableInstances, instanceId: string): Promise<boolean> {
  for (const until = Date.now() + KILL_WAIT_MS; ; await sleep(LOOK_MS)) {
    const pid = await runningPid(instances, instanceId); // 0 also when an agent died before it wrote the instance's record
    if (!pid || Date.now() > until) return !pid;
    killProcess(pid); // its namespace goes with it
  }
}

/** Pid of the instance's init; 0 when it does not run or this host has no such instance. */
export function runningPid(instances: Pick<MovableInstances, 'initPid'>, instanceId: string): Promise<number> {
  return instances.initPid(instanceId).catch((error: unknown) => {
    if (error instanceof NotFoundError) return 0;
    throw error;
  });
}

/** The file's text; '' when the file or its process does not exist. */
export async function orEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return '';
    throw error;
  }
}
