import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import { run } from '../network/commands.js';
import type { DataChannel } from './data-channel.js';
import { FrameType } from './frames.js';
import type { DiskPass } from './disk-passes.js';
import { diffManifests, walk, walkNow } from './manifest.js';
import type { Manifest } from './manifest.js';
import type { Throttle } from './throttle.js';

const FIDELITY = ['--numeric-owner', '--xattrs', '--xattrs-include=*', '--acls'];
/** A tree with more entries is walked without stopping the rest of the agent, also in the freeze. */
const SMALL_TREE = 5_000;

/** The passes over one writable layer, source end. */
export class DiskSender {
  private last: Manifest | undefined;
  bytes = 0;

  constructor(
    private readonly root: string,
    private readonly channel: DataChannel,
    private readonly throttle: Throttle,
    private readonly onBytes: () => void,
  ) {}

  /** While it runs: everything the first time, then what has changed. */
  async pass(): Promise<DiskPass> {
    // Pages that are clean again raise the ctime at their next write through a mapping.
    await run('sync', ['-f', this.root], '', 600_000);
    return this.send(await walk(this.root));
  }

  /** In the freeze: usually nothing, and then no process is started. */
  async lastPass(): Promise<DiskPass> {
    const small = (this.last?.entries.size ?? Infinity) < SMALL_TREE;
    return this.send(small ? walkNow(this.root) : await walk(this.root));
  }

  private async send(now: Manifest): Promise<DiskPass> {
    const before = this.bytes;
    const diff = this.last
      ? diffManifests(this.last, now)
      : { changed: [...now.entries.keys()].sort(), removed: [] as string[] };
    this.last = now;
    const { changed, removed } = diff;
    for (let at = 0; at < removed.length; at += 1000)
      await this.channel.tell({ say: 'pass', removed: removed.slice(at, at + 1000), tar: false });
    if (changed.length) {
      await this.channel.tell({ say: 'pass', removed: [], tar: true });
      await this.sendTar(changed);
      await this.channel.tell({ say: 'pass-end' });
    }
    return { paths: changed.length + removed.length, bytes: this.bytes - before };
  }

  private async sendTar(paths: readonly string[]): Promise<void> {
    const from = ['--no-recursion', '--null', '--verbatim-files-from', '--files-from=-'];
    const tar = spawn('tar', ['--create', ...FIDELITY, '--sparse', '--ignore-failed-read', '-C', this.root, ...from], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const ended = exit(tar, [0, 1]); // 1: files changed while they were read; the next pass brings them
    tar.stdin.on('error', () => undefined); // tar's exit status tells
    tar.stdin.end(paths.map((path) => `${path}\0`).join(''));
    for await (const chunk of tar.stdout as AsyncIterable<Buffer>) {
      await this.throttle.take(chunk.length);
      await this.channel.sendAll(FrameType.disk, chunk);
      this.bytes += chunk.length;
      this.onBytes();
    }
    await ended;
  }
}

/** Target end: what is not in the layer yet, put there. */
export class DiskReceiver {
  private tar: { child: ChildProcess; ended: Promise<void> } | undefined;

  constructor(private readonly root: string) {}

  async begin(removed: readonly string[], tar: boolean): Promise<void> {
    for (const path of removed) await rm(this.inside(path), { recursive: true, force: true });
    if (!tar) return;
    const child = spawn('tar', ['--extract', '--preserve-permissions', ...FIDELITY, '-C', this.root], {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    child.stdin.on('error', () => undefined); // tar's exit status tells
    const ended = exit(child, [0]);
    ended.catch(() => undefined); // looked at by end()
    this.tar = { child, ended };
  }

  async write(data: Buffer): Promise<void> {
    const stdin = this.tar?.child.stdin;
    if (!stdin) throw new Error('disk data without a pass');
    if (!stdin.write(data)) await Promise.race([once(stdin, 'drain'), this.tar!.ended]);
  }

  async end(): Promise<void> {
    this.tar?.child.stdin!.end();
    await this.tar?.ended;
    this.tar = undefined;
  }

  private inside(path: string): string {
    if (path.startsWith('/') || normalize(path).startsWith('..')) throw new Error(`path outside of the disk: ${path}`);
    return join(this.root, path);
  }
}

function exit(child: ChildProcess, fine: readonly number[]): Promise<void> {
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-2048)));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code !== null && fine.includes(code) ? resolve() : reject(new Error(`tar ended with ${code}: ${stderr.trim()}`)),
    );
  });
}
