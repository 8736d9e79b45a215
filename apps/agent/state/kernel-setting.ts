import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { lstat, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConflictError } from '#libs/common/errors';

/** Lives as long as the kernel's settings do, and all agents of one kernel see it (simulated hosts too). */
const RECORDS = '/dev/shm/lxstack-kernel';
let holds = 0;

/**
 * A setting of the kernel that is changed for a while and put back to what it was before any agent touched it. What it
 * was is written before the first change, with everybody who wants the change beside it, so that an agent that is killed
 * leaves nothing behind: the next start or stop of any agent puts it back.
 */
export class KernelSetting {
  private readonly directory: string;

  constructor(
    private readonly path: string,
    private readonly records = RECORDS,
  ) {
    this.directory = join(records, path.replaceAll('/', '.').slice(1));
  }

  /** Sets it; it stays so until the returned function of every holder was called or its process has ended. */
  async hold(value: string): Promise<() => Promise<void>> {
    return this.change(() => value);
  }

  /** The same for a limit, which is raised to `least` and never lowered. `unlimited`: what says that there is none. */
  async holdAtLeast(least: number, unlimited?: number): Promise<() => Promise<void>> {
    return this.change((now) => (Number(now) < least && Number(now) !== unlimited ? String(least) : undefined));
  }

  /** `value`: what it is to be, from what it is; undefined leaves it. Before the first change it is written down. */
  private async change(value: (now: string) => string | undefined): Promise<() => Promise<void>> {
    const holder = join(this.directory, `${process.pid}-${await startOf(process.pid)}-${holds++}`);
    await this.locked(async () => {
      const now = await readFile(this.path, 'utf8');
      const wanted = value(now);
      if (wanted === undefined && !existsSync(this.before)) return;
      if (!existsSync(this.before)) await keep(this.before, now);
      await writeFile(holder, '');
      if (wanted !== undefined) await writeFile(this.path, wanted);
    });
    let released = false;
    return async () => {
      if (released) return;
      released = true;
      await rm(holder, { force: true });
      await this.mend();
    };
  }

  /** Puts it back unless somebody who lives wants it. */
  async mend(): Promise<void> {
    if (!existsSync(this.before)) return;
    await this.locked(async () => {
      if (!existsSync(this.before)) return;
      for (const name of await readdir(this.directory)) {
        const holder = /^(\d+)-(\d+)-\d+$/.exec(name);
        if (!holder) continue;
        if ((await startOf(Number(holder[1]))) === holder[2]) return;
        await rm(join(this.directory, name));
      }
      await writeFile(this.path, await readFile(this.before, 'utf8'));
      await rm(this.before);
    });
  }

  private get before(): string {
    return join(this.directory, 'before');
  }

  /** By flock(1): the lock ends with this process, however that was. */
  private async locked(work: () => Promise<void>): Promise<void> {
    for (const directory of [this.records, this.directory]) await own(directory);
    const lock = spawn('flock', ['-x', join(this.directory, 'lock'), 'sh', '-c', 'echo locked; exec cat >/dev/null'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const ended = once(lock, 'exit');
    try {
      await Promise.race([once(lock.stdout, 'data'), ended.then(() => Promise.reject(new Error('flock failed')))]);
      await work();
    } finally {
      lock.stdin.end();
    }
    await ended;
  }
}

/** A directory of root's alone; what somebody else has put there is not taken. Throws ConflictError. */
async function own(directory: string): Promise<void> {
  await mkdir(directory, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const found = await lstat(directory);
  if (!found.isDirectory() || found.uid !== process.getuid!())
    throw new ConflictError(`${directory} is not this agent's directory`);
}

async function keep(path: string, content: string): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

/** When the process began (clock ticks after boot): a pid alone may be another's by now. '' where there is none. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
