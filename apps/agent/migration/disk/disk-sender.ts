import type { ChildProcess } from 'node:child_process';
import { faultPoint } from '#libs/common/fault-point';
import { exitOf } from '../../process/child-exit.js';
import { FIDELITY, nulList } from './archives.js';
import { DiskJail } from './disk-jail.js';
import { passesSuffice } from './disk-passes.js';
import type { DiskPass } from './disk-passes.js';
import { syncDisk } from './disk-source.js';
import type { DiskSource } from './disk-source.js';
import { FrameType } from '../wire/wire-frames.js';
import { FileFlags } from './file-flags.js';
import type { FlaggedPath } from './file-flags.js';
import { FrozenWalk } from './frozen-walk.js';
import { diffManifests } from './changed-files.js';
import type { Manifest, ManifestDiff } from './changed-files.js';
import type { TargetLink } from '../source/target-link.js';
import type { Throttle } from '../wire/throttle.js';
import { attributed, walk } from './tree-walk.js';

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
  private readonly flags: FileFlags;

  private constructor(
    private readonly root: string,
    private readonly target: TargetLink,
    private readonly throttle: Throttle,
    private readonly onBytes: (sent: number, expected: number) => void,
    private readonly jail: DiskJail,
  ) {
    this.flags = new FileFlags(jail);
  }

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
    if (has) {
      for (const path of await attributed(root)) sender.attributed.add(path);
      await sender.tellFlags(sender.flags.changes({ changed: [...has.entries.keys()], removed: [] }));
    }
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
    this.flags.prepare();
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
    this.flags.close();
    this.jail.close();
  }

  /** See DiskSource. */
  get flagsNotCarried(): string[] {
    return this.target.fileFlags ? [] : this.flags.paths;
  }

  private async send(diff: ManifestDiff): Promise<DiskPass> {
    const { changed, removed } = diff;
    const before = this.bytes;
    const flags = this.flags.changes(diff);
    flags.catch(() => undefined); // awaited below
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
    await this.tellFlags(flags);
    return { paths: changed.length + removed.length, bytes: this.bytes - before };
  }

  private async tellFlags(changes: Promise<FlaggedPath[]>): Promise<void> {
    const flags = await changes;
    for (let at = 0; at < flags.length; at += NAMED)
      await this.target.tell({ say: 'pass', removed: [], bare: [], tar: false, flags: flags.slice(at, at + NAMED) });
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
