import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { prioritised } from '../agent-priority.js';
import { scriptsDirectory } from '../move-directory.js';

/** Runs programs that read or write an instance's disk so that no link of the instance leads them out of it; see criu/scripts/jail. */
export class DiskJail {
  private constructor(private readonly holder: ChildProcess) {}

  static async open(directory: string): Promise<DiskJail> {
    const args = ['--mount', '--propagation', 'private', join(scriptsDirectory, 'jail'), directory];
    const holder = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    holder.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-1000)));
    const ended = once(holder, 'close').then(() => Promise.reject(new Error(`no jail for the disk: ${said.trim()}`)));
    await Promise.race([once(holder.stdout, 'data'), ended]);
    ended.catch(() => undefined); // close() ends it
    return new DiskJail(holder);
  }

  /** Starts a program whose root directory is the disk, with priority over other sessions. */
  start(program: string, args: readonly string[]): ChildProcess {
    const { pid } = this.holder;
    const enter = [`--target=${pid}`, '--mount', `--root=/proc/${pid}/root/mnt`, '--wdns=/disk', '--'];
    return prioritised(spawn('nsenter', [...enter, program, ...args], { stdio: 'pipe', detached: true }));
  }

  close(): void {
    this.holder.stdin!.end();
  }
}
