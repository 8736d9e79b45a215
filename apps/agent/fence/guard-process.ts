import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { killProcess } from '../process/kill-process.js';
import { intoServiceCgroup } from '../network/service-cgroup.js';

const program = fileURLToPath(new URL('./main.js', import.meta.url));

/** Starts and ends the guard. Finds a running guard by its pid file, also that of an earlier agent. */
export class GuardProcess {
  private readonly pidFile: string;
  private readonly mark: string;

  constructor(
    private readonly directory: string,
    private readonly cgroupPrefix: string,
  ) {
    this.pidFile = join(directory, 'guard.pid');
    this.mark = `LXSTACK_FENCE_DIR=${directory}\0`;
  }

  /** Whether a guard runs. */
  isAlive(): boolean {
    return this.pid() !== undefined;
  }

  /** Replaces the running guard. The new one begins before the old one ends; both doing the same does no harm. */
  async restart(): Promise<void> {
    const before = this.pid();
    const out = openSync(join(this.directory, 'guard.log'), 'w', 0o600);
    const child = spawn(process.execPath, [program, this.directory], {
      env: { LXSTACK_FENCE_DIR: this.directory },
      stdio: ['ignore', out, out],
      detached: true,
    });
    closeSync(out);
    const pid = await new Promise<number>((resolve, reject) =>
      child.once('error', reject).once('spawn', () => resolve(child.pid!)),
    );
    child.unref();
    await intoServiceCgroup(this.cgroupPrefix, pid);
    spareFromOom(pid);
    writeFileSync(this.pidFile, String(pid), { mode: 0o600 });
    if (before !== undefined) killProcess(before);
  }

  /** Ends the guard, where one runs. */
  end(): void {
    const pid = this.pid();
    rmSync(this.pidFile, { force: true });
    if (pid !== undefined) killProcess(pid);
  }

  /** Pid of the running guard. Checks that the pid does not belong to another process by now. */
  private pid(): number | undefined {
    const text = orEmpty(this.pidFile).trim();
    return text && orEmpty(`/proc/${text}/environ`).includes(this.mark) ? Number(text) : undefined;
  }
}

/** Protects the guard from the OOM killer, for a host short of memory needs it most. Does nothing without CAP_SYS_RESOURCE. */
function spareFromOom(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '-1000');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
  }
}

function orEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}
