import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exitOf } from '../../process/child-exit.js';
import { scriptsDirectory } from '../move-directory.js';
import type { Message } from '../wire/messages.js';
import { FIDELITY, nulList } from './archives.js';
import type { BtrfsCopyReceiver } from './btrfs-copies.js';
import { DiskJail } from './disk-jail.js';
import { applyFlags, putFlags } from './file-flags.js';

interface Unpacking {
  child: ChildProcess;
  ended: Promise<void>;
}

/** Target: unpacks the passes into the writable layer. */
export class DiskReceiver {
  private jail: Promise<DiskJail> | undefined;
  private tar: Unpacking | undefined;
  /** The tar for the next pass, started ahead. */
  private next: Unpacking | undefined;
  private readonly flags = new Map<string, number>();

  constructor(
    private readonly root: string,
    readonly copies?: BtrfsCopyReceiver,
  ) {}

  async begin({ removed, bare, tar, flags = [] }: Omit<Message & { say: 'pass' }, 'say'>): Promise<void> {
    applyFlags(this.flags, flags);
    const jail = await (this.jail ??= DiskJail.open(this.root));
    if (removed.length) await each(jail, removed, ['rm', '-rf', '--']);
    if (bare.length)
      await each(jail, bare, ['sh', '-c', await readFile(join(scriptsDirectory, 'bare'), 'utf8'), 'bare']);
    if (!tar) return;
    this.tar = this.next ?? this.startTar(jail);
    this.next = undefined;
  }

  async write(data: Buffer): Promise<void> {
    if (this.copies?.receiving) return this.copies.write(data);
    const stdin = this.tar?.child.stdin;
    if (!stdin) throw new Error('disk data without a pass');
    if (!stdin.write(data)) await Promise.race([once(stdin, 'drain'), this.tar!.ended]);
  }

  async end(): Promise<void> {
    this.tar?.child.stdin!.end();
    await this.tar?.ended;
    this.tar = undefined;
    this.next ??= this.startTar(await this.jail!);
  }

  /** After the last pass: makes files immutable and the like, as they were. Resolves with those that could not be. */
  async putFlags(): Promise<string[]> {
    return this.flags.size ? putFlags(await (this.jail ??= DiskJail.open(this.root)), this.flags) : [];
  }

  /** Starts a tar that waits for its archive. */
  private startTar(jail: DiskJail): Unpacking {
    const child = jail.start('tar', ['--extract', '--preserve-permissions', ...FIDELITY]);
    child.stdout!.resume();
    child.stdin!.on('error', () => undefined); // tar's exit status tells
    return { child, ended: exitOf(child) };
  }

  async close(): Promise<void> {
    await this.copies?.close();
    for (const tar of [this.tar, this.next]) {
      tar?.child.kill('SIGKILL');
      await tar?.ended.catch(() => undefined); // the disk is complete or about to be removed
    }
    (await this.jail?.catch(() => undefined))?.close();
  }
}

async function each(jail: DiskJail, paths: readonly string[], command: readonly string[]): Promise<void> {
  const child = jail.start('xargs', ['--null', ...command]);
  const done = exitOf(child);
  child.stdout!.resume();
  child.stdin!.on('error', () => undefined); // its exit status tells
  child.stdin!.end(nulList(paths));
  await done;
}
