import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';

/**
 * Freezes and kills the processes of a cgroup without LXC, whose monitor may hang. Synchronous, so that nothing runs between
 * the look at the clock and the deed.
 */
export class Freezer {
  private readonly v1: boolean;
  private readonly root: string;

  constructor(root = ROOT) {
    this.v1 = existsSync(join(root, 'freezer', 'cgroup.procs'));
    this.root = this.v1 ? join(root, 'freezer') : root;
  }

  /** Whether any process is in the cgroup or below it. */
  isPopulated(cgroup: string): boolean {
    return this.processes(join(this.root, cgroup)).length > 0;
  }

  /** Freezes the processes of the cgroup; does nothing where it is gone. */
  freeze(cgroup: string): void {
    this.set(cgroup, true);
  }

  /** Lets the processes of the cgroup run again. */
  thaw(cgroup: string): void {
    this.set(cgroup, false);
  }

  /** Freezes first, so that no process forks before it dies. On v1 the kill takes effect at the thaw. */
  kill(cgroup: string): void {
    this.freeze(cgroup);
    for (const pid of this.processes(join(this.root, cgroup))) sendKill(pid);
    this.thaw(cgroup);
  }

  private set(cgroup: string, frozen: boolean): void {
    const [file, word] = this.v1
      ? ['freezer.state', frozen ? 'FROZEN' : 'THAWED']
      : ['cgroup.freeze', frozen ? '1' : '0'];
    orGone(() => writeFileSync(join(this.root, cgroup, file), word), undefined);
  }

  private processes(directory: string): number[] {
    const text = orGone(() => readFileSync(join(directory, 'cgroup.procs'), 'utf8'), '');
    const below = orGone(() => readdirSync(directory, { withFileTypes: true }), []).filter((one) => one.isDirectory());
    const here = text.split('\n').filter(Boolean).map(Number);
    return [...here, ...below.flatMap((one) => this.processes(join(directory, one.name)))];
  }
}

/** `gone` when the cgroup or the process vanishes meanwhile. */
function orGone<T>(look: () => T, gone: T): T {
  try {
    return look();
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'ENODEV', 'EOPNOTSUPP'].includes((error as NodeJS.ErrnoException).code ?? '')) return gone;
    throw error;
  }
}

function sendKill(pid: number): void {
  orGone(() => process.kill(pid, 'SIGKILL'), true);
}
