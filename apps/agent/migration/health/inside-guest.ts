import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

export interface Said {
  /** Exit status; `late` where it had to be killed, undefined where a signal ended it. */
  status: number | 'late' | undefined;
  /** OUTPUT_LIMIT bytes at most. */
  stdout: string;
}

const LONGEST_MS = 10_000;
const OUTPUT_LIMIT = 64 * 1024;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Runs short commands inside one guest, one after another, and ends them when the look ends: CRIU cannot carry them. */
export class InsideGuest {
  constructor(
    private readonly instanceId: string,
    private readonly lxcPath: string,
    private readonly signal: AbortSignal,
  ) {}

  /** Throws the signal's reason when the look ends; nothing of the command runs then. */
  async run(command: readonly string[]): Promise<Said> {
    this.signal.throwIfAborted();
    const { instanceId, lxcPath } = this;
    const args = ['-n', instanceId, '-P', lxcPath, '--clear-env', '-v', `PATH=${PATH}`, '--', ...command];
    // A process group of its own, which what it starts inside is in, too.
    const child = spawn('/usr/bin/lxc-attach', args, { stdio: ['ignore', 'pipe', 'ignore'], detached: true, cwd: '/' });
    let late = false;
    const end = () => killGroup(child);
    const timer = setTimeout(() => {
      late = true;
      end();
    }, LONGEST_MS);
    this.signal.addEventListener('abort', end, { once: true });
    try {
      const { status, stdout } = await outcomeOf(child);
      this.signal.throwIfAborted();
      return { status: late ? 'late' : status, stdout };
    } finally {
      clearTimeout(timer);
      this.signal.removeEventListener('abort', end);
    }
  }
}

function outcomeOf(child: ChildProcess): Promise<{ status: number | undefined; stdout: string }> {
  const parts: Buffer[] = [];
  let kept = 0;
  child.stdout!.on('data', (part: Buffer) => {
    const taken = part.subarray(0, OUTPUT_LIMIT - kept);
    kept += taken.length;
    parts.push(taken);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ status: code ?? undefined, stdout: Buffer.concat(parts).toString('utf8') }));
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
