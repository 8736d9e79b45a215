import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { lstat, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConflictError } from '#libs/common/errors';

/** Directory that lasts as long as the kernel's settings, and that all agents of a kernel see (simulated hosts too). */
const RECORDS = '/dev/shm/lxstack-kernel';
let holds = 0;

/**
 * A setting of the kernel that agents change for a while and then give its former value back. The former value, and
 * everybody who holds the change, are written before the first change: where an agent is killed, the next start or stop
 * of any agent puts the value back.
 */
export class KernelSetting {
  private readonly directory: string;

  constructor(
    private readonly path: string,
    private readonly records = RECORDS,
  ) {
    this.directory = join(records, path.replaceAll('/', '.').slice(1));
  }

  /** Sets the value until every holder has called the returned function or its process has ended. */
  async hold(value: string): Promise<() => Promise<void>> {
    return this.change(() => value);
  }

  /** As `hold`, for a limit: raises it to `least` and never lowers it. `unlimited`: the value that means no limit. */
  async holdAtLeast(least: number, unlimited?: number): Promise<() => Promise<void>> {
    return this.change((now) => (Number(now) < least && Number(now) !== unlimited ? String(least) : undefined));
  }

  /**
   * `value` returns the new value for the present one; undefined: no change. The present one is recorded before the
   * first change.
   */
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

  /** Puts the former value back unless a living process holds the change. */
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

  /** By flock(1), whose lock ends with this process in any case. */
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

/** Makes a directory that belongs to root alone. Throws ConflictError where it is somebody else's. */
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

/** When the process began (clock ticks since boot): another process may have got the pid. '' where there is none. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
