import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faultPoint } from '#libs/common/fault-point';
import { exitOf } from '../../process/child-exit.js';
import type { BtrfsCopyReceiver } from './btrfs-copies.js';
import { DiskJail } from './disk-jail.js';
import { passesSuffice } from './disk-passes.js';
import type { DiskPass } from './disk-passes.js';
import { syncDisk } from './disk-source.js';
import type { DiskSource } from './disk-source.js';
import { FrameType } from '../wire/wire-frames.js';
import { FrozenWalk } from './frozen-walk.js';
import { diffManifests } from './changed-files.js';
import type { Manifest, ManifestDiff } from './changed-files.js';
import type { Message } from '../wire/messages.js';
import type { TargetLink } from '../source/target-link.js';
import { scriptsDirectory } from '../move-directory.js';
import type { Throttle } from '../wire/throttle.js';
import { attributed, walk } from './tree-walk.js';

const FIDELITY = ['--numeric-owner', '--xattrs', '--xattrs-include=*', '--acls'];
/** Paths named in one message. */
const NAMED = 1000;
/** Bytes that one file adds to a tar stream, about. */
const HEADERS = 1536;

/** Source: the passes over one writable layer, as tar streams. */
export class DiskSender implements DiskSource {
  private last: Manifest | undefined;
  private frozen: FrozenWalk | undefined;
  private tar: ChildProcess | undefined;
  /** Directories that may have extended attributes at the target. */
  private readonly attributed = new Set<string>();
  /** Passes that the target has not confirmed yet. */
  private due = 0;
  private bytes = 0;
  private expected = 0;

  private constructor(
    private readonly root: string,
    private readonly target: TargetLink,
    private readonly throttle: Throttle,
    private readonly onBytes: (sent: number, expected: number) => void,
    private readonly jail: DiskJail,
  ) {}

  static async open(
    root: string,
    target: TargetLink,
    throttle: Throttle,
    /** `expected`: bytes of all passes known so far, never less than `sent`. */
    onBytes: (sent: number, expected: number) => void,
    /** What the target has already, by btrfs streams. */
    has?: Manifest,
  ): Promise<DiskSender> {
    const sender = new DiskSender(root, target, throttle, onBytes, await DiskJail.open(root));
    sender.last = has;
    if (has) for (const path of await attributed(root)) sender.attributed.add(path);
    return sender;
  }

  /** See DiskSource. */
  async passes(mayRepeat: () => boolean): Promise<void> {
    const done: DiskPass[] = [];
    do done.push(await this.pass());
    while (mayRepeat() && !passesSuffice(done));
  }

  /** See DiskSource. The first pass sends everything. */
  async pass(): Promise<DiskPass> {
    const begun = Date.now();
    // Synced first: a write through a memory mapping raises the ctime only of a page that was clean.
    await syncDisk(this.root);
    const now = await walk(this.root, () => begun);
    const diff = this.last ? diffManifests(this.last, now) : { changed: [...now.entries.keys()], removed: [] };
    this.last = now;
    const sizes = diff.changed.map((path) => HEADERS + (now.entries.get(path)?.bytes ?? 0));
    this.expected = sizes.reduce((sum, size) => sum + size, this.bytes);
    const sent = await this.send(diff);
    await faultPoint('source.disk');
    const directories = diff.changed.some((path) => now.entries.get(path)?.type === 'd');
    if (directories) for (const path of await attributed(this.root)) this.attributed.add(path);
    await this.arrived();
    return sent;
  }

  /** See DiskSource. */
  prepareLastPass(): void {
    this.frozen?.close();
    this.frozen = new FrozenWalk(this.root, this.last!);
    this.tar ??= this.startTar();
  }

  /** See DiskSource. */
  async lastPass(): Promise<DiskPass> {
    return this.send(await this.frozen!.diff());
  }

  /** See DiskSource. */
  async passAfterDump(): Promise<DiskPass> {
    this.last = this.frozen!.now();
    this.prepareLastPass();
    return this.lastPass();
  }

  /** See DiskSource. */
  async arrived(): Promise<void> {
    for (; this.due; this.due--) await this.target.expect('pass-done');
  }

  close(): void {
    this.frozen?.close();
    this.tar?.kill('SIGKILL');
    this.jail.close();
  }

  private async send({ changed, removed }: ManifestDiff): Promise<DiskPass> {
    const before = this.bytes;
    for (let at = 0; at < removed.length; at += NAMED)
      await this.target.tell({ say: 'pass', removed: removed.slice(at, at + NAMED), bare: [], tar: false });
    const bare = changed.filter((path) => this.attributed.has(path));
    for (let at = 0; at < bare.length; at += NAMED)
      await this.target.tell({ say: 'pass', removed: [], bare: bare.slice(at, at + NAMED), tar: false });
    if (changed.length) {
      await this.target.tell({ say: 'pass', removed: [], bare: [], tar: true });
      await this.sendTar(changed);
      await this.target.tell({ say: 'pass-end' });
      this.due++;
    }
    return { paths: changed.length + removed.length, bytes: this.bytes - before };
  }

  /** Starts a tar that waits for the list of files. */
  private startTar(): ChildProcess {
    const list = ['--no-recursion', '--null', '--verbatim-files-from', '--files-from=-'];
    const tar = this.jail.start('tar', ['--create', ...FIDELITY, '--sparse', '--ignore-failed-read', ...list]);
    tar.stdin!.on('error', () => undefined); // tar's exit status tells
    return tar;
  }

  private async sendTar(paths: readonly string[]): Promise<void> {
    const tar = this.tar ?? this.startTar();
    this.tar = undefined;
    const ended = exitOf(tar, [0, 1]); // 1: files changed while they were read; the next pass brings them
    tar.stdin!.end(nulList(paths));
    for await (const chunk of tar.stdout as AsyncIterable<Buffer>) {
      await this.throttle.take(chunk.length);
      await this.target.channel.sendAll(FrameType.disk, chunk);
      this.bytes += chunk.length;
      this.onBytes(this.bytes, Math.max(this.bytes, this.expected));
    }
    await ended;
  }
}

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

  constructor(
    private readonly root: string,
    readonly copies?: BtrfsCopyReceiver,
  ) {}

  async begin({ removed, bare, tar }: Omit<Message & { say: 'pass' }, 'say'>): Promise<void> {
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

/** `./` before each: no name is taken for an option. */
const nulList = (paths: readonly string[]): Buffer =>
  Buffer.from(paths.map((path) => `./${path}\0`).join(''), 'latin1');
