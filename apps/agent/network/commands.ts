import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { exitOf } from '../process/child-exit.js';
import { CommandError } from '../process/command-error.js';
import { run } from '../process/run.js';

/** One process for many changes; stops at the first that fails. */
export const ipBatch = (lines: readonly string[]): Promise<string> => batch('ip', lines);
/** Each line is tried, whatever became of the others: for removals, where "not there" is a success. */
export const ipBatchForce = (lines: readonly string[]): Promise<void> => force('ip', lines);
export const bridgeBatchForce = (lines: readonly string[]): Promise<void> => force('bridge', lines);
export const tcBatchForce = (lines: readonly string[]): Promise<void> => force('tc', lines);

/** Those that are not there are removed already: no process is started for them. */
export const removeLinks = (names: readonly string[]): Promise<void> =>
  ipBatchForce(names.filter(linkExists).map((name) => `link del ${name}`));

export const linkExists = (name: string): boolean => existsSync(`/sys/class/net/${name}`);

/** Applied as one transaction of the kernel. */
export const nft = (ruleset: string): Promise<string> => run('nft', ['-f', '-'], ruleset);

async function batch(tool: string, lines: readonly string[]): Promise<string> {
  return lines.length ? run(tool, ['-batch', '-'], `${lines.join('\n')}\n`) : '';
}

/** One process: `before` is tried, as by tcBatchForce, and then `line` must succeed. */
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
 * A batch process started ahead of time that waits for its lines: what must happen at once (inside a freeze) then costs
 * no process start.
 */
export class ArmedBatch {
  private readonly child: ChildProcess;
  private readonly done: Promise<void>;

  constructor(tool: 'ip' | 'bridge' | 'tc', force = true) {
    this.child = spawn(tool, [...(force ? ['-force'] : []), '-batch', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
    this.child.stdin!.on('error', () => undefined); // told by its exit status
    this.done = exitOf(this.child); // awaited by fire()
  }

  /** Executes the lines; resolves when all are in the kernel. A line that fails does not stop the next, but rejects. */
  async fire(lines: readonly string[]): Promise<void> {
    this.child.stdin!.end(lines.map((line) => `${line}\n`).join(''));
    await this.done;
  }

  disarm(): void {
    this.child.stdin!.end();
  }
}
