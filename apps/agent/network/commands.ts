import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { exitOf } from '../process/child-exit.js';
import { CommandError } from '../process/command-error.js';
import { run } from '../process/run.js';

/** Runs many changes in one process; stops at the first that fails. */
export const ipBatch = (lines: readonly string[]): Promise<string> => batch('ip', lines);
/** Runs every line, whatever becomes of the others: for removals, where a missing thing is a success. */
export const ipBatchForce = (lines: readonly string[]): Promise<void> => force('ip', lines);
/** As `ipBatchForce`, for bridge(8). */
export const bridgeBatchForce = (lines: readonly string[]): Promise<void> => force('bridge', lines);
/** As `ipBatchForce`, for tc(8). */
export const tcBatchForce = (lines: readonly string[]): Promise<void> => force('tc', lines);

/** Removes the links that exist; starts no process where none does. */
export const removeLinks = (names: readonly string[]): Promise<void> =>
  ipBatchForce(names.filter(linkExists).map((name) => `link del ${name}`));

/** Whether this host's namespace has the link. */
export const linkExists = (name: string): boolean => existsSync(`/sys/class/net/${name}`);

/** Applies a ruleset as one transaction of the kernel. */
export const nft = (ruleset: string): Promise<string> => run('nft', ['-f', '-'], ruleset);

async function batch(tool: string, lines: readonly string[]): Promise<string> {
  return lines.length ? run(tool, ['-batch', '-'], `${lines.join('\n')}\n`) : '';
}

/** Runs all lines in one process: each of `before` as tcBatchForce does, then `line`, which must succeed. */
export async function tcBatchAtLast(before: readonly string[], line: string): Promise<void> {
  try {
    await run('tc', ['-force', '-batch', '-'], [...before, line, ''].join('\n'));
  } catch (error) {
    const last = `Command failed -:${before.length + 1}\n`;
    if (!(error instanceof CommandError) || error.status === null || error.output.includes(last)) throw error;
  }
}

async function force(tool: string, lines: readonly string[]): Promise<void> {
  if (!lines.length) return;
  try {
    await run(tool, ['-force', '-batch', '-'], `${lines.join('\n')}\n`);
  } catch (error) {
    if (!(error instanceof CommandError) || error.status === null) throw error;
  }
}

/**
 * A batch process that is started early and waits for its lines: inside a freeze, a change then costs no start of a
 * process.
 */
export class ArmedBatch {
  private readonly child: ChildProcess;
  private readonly done: Promise<void>;

  constructor(tool: 'ip' | 'bridge' | 'tc', force = true) {
    this.child = spawn(tool, [...(force ? ['-force'] : []), '-batch', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
    this.child.stdin!.on('error', () => undefined); // the exit status tells
    this.done = exitOf(this.child); // fire() awaits it
  }

  /** Runs the lines; resolves when all are in the kernel. A line that fails does not stop the next, but rejects. */
  async fire(lines: readonly string[]): Promise<void> {
    this.child.stdin!.end(lines.map((line) => `${line}\n`).join(''));
    await this.done;
  }

  /** Ends the process without a change. */
  disarm(): void {
    this.child.stdin!.end();
  }
}
