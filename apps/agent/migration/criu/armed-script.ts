import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { exitOf } from '../../process/child-exit.js';
import { prioritised } from '../agent-priority.js';
import { scriptsDirectory } from '../move-directory.js';

const LIMIT_MS = 10_000;
const OUTPUT_LIMIT = 1 << 20;

/**
 * A script that is started before the instance is frozen, and waits to enter the namespaces of the restored one
 * (`scripts/enter.pl`): in the freeze neither a process nor an interpreter has to start.
 */
export class ArmedScript {
  private readonly child;
  private readonly exit: Promise<void>;
  private output = '';

  constructor(script: string, args: readonly string[]) {
    // A session of its own, so that it can be killed with its child.
    this.child = prioritised(spawn(join(scriptsDirectory, script), args, { stdio: 'pipe', detached: true }));
    this.child.stdin.on('error', () => undefined); // the exit status tells
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (this.output.length < OUTPUT_LIMIT) this.output += text;
    });
    this.exit = exitOf(this.child);
  }

  /** Gives it the lines, once; `initPid`: the instance's init. Resolves with what it answers, by line. Throws CommandError. */
  async run(initPid: number, lines: readonly string[]): Promise<string[]> {
    const late = setTimeout(() => this.child.pid && process.kill(-this.child.pid, 'SIGKILL'), LIMIT_MS);
    this.child.stdin.end([`enter ${initPid}`, ...lines, ''].join('\n'));
    try {
      await this.exit;
    } finally {
      clearTimeout(late);
    }
    return this.output.split('\n').filter(Boolean);
  }

  /** Ends it without a change; after `run` nothing happens. */
  disarm(): void {
    this.child.stdin.end();
  }
}
