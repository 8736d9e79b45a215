import { spawn } from 'node:child_process';
import { readdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { exitOf } from '../process/child-exit.js';
import { btrfs } from './btrfs.js';
import { identityStream, imageIdentity } from './btrfs-identity.js';
import type { StorageDirectories } from './directories.js';
import type { DiskStreams, Since } from './disk-streams.js';

const COPY = /^pass-\d+$/;

/**
 * Sends and receives instances' roots as streams: `btrfs send` of read-only snapshots beside the root, `btrfs receive`
 * beside the other root.
 */
export class BtrfsStreams implements DiskStreams {
  constructor(
    private readonly at: StorageDirectories,
    private readonly limitDisk: (instanceId: string, bytes: number) => Promise<void>,
  ) {}

  async knowsImage(place: string): Promise<boolean> {
    if (!(await this.at.hasImage(place))) return false;
    const received = /^\s*Received UUID:\s*([0-9a-f-]{36})\s*$/m.exec(
      await btrfs('subvolume', 'show', this.at.image(place)),
    );
    return received?.[1]?.replaceAll('-', '') === imageIdentity(place).toString('hex');
  }

  /**
   * Makes the read-only image under its identity from what lies at `made`, by `btrfs receive`, which alone can set one.
   */
  async identify(made: string, place: string): Promise<void> {
    await btrfs('property', 'set', '-ts', made, 'ro', 'true');
    const uuid = /^\s*UUID:\s*([0-9a-f-]{36})\s*$/m.exec(await btrfs('subvolume', 'show', made))?.[1] ?? '';
    const fresh = `${basename(this.at.image(place))}.known.new`;
    const folder = dirname(this.at.image(place));
    await this.at.removePlace(join(folder, fresh));
    const receive = spawn('btrfs', ['receive', '--quiet', '-e', folder], { stdio: ['pipe', 'ignore', 'pipe'] });
    const ended = exitOf(receive);
    receive.stdin.on('error', () => undefined); // its exit status tells
    receive.stdin.end(identityStream(fresh, imageIdentity(place), Buffer.from(uuid.replaceAll('-', ''), 'hex')));
    await ended;
    await rename(join(folder, fresh), this.at.image(place));
  }

  async snapshot(instanceId: string, pass: number): Promise<string> {
    const copy = this.copy(instanceId, pass);
    await this.at.removePlace(copy);
    await btrfs('subvolume', 'snapshot', '-r', this.root(instanceId), copy);
    return copy;
  }

  send(instanceId: string, pass: number, since: Since) {
    const parent = since && ('image' in since ? this.at.image(since.image) : this.copy(instanceId, since.pass));
    const args = ['send', '--quiet', ...(parent ? ['-p', parent] : []), this.copy(instanceId, pass)];
    return spawn('btrfs', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  receive(instanceId: string) {
    return spawn('btrfs', ['receive', '--quiet', '-e', this.at.instance(instanceId)], {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
  }

  async adopt(instanceId: string, pass: number, diskBytes: number): Promise<void> {
    await this.at.removePlace(this.root(instanceId));
    await btrfs('subvolume', 'snapshot', this.copy(instanceId, pass), this.root(instanceId));
    await this.limitDisk(instanceId, diskBytes);
    await this.discardCopies(instanceId);
  }

  async discardCopies(instanceId: string): Promise<void> {
    const found = await readdir(this.at.instance(instanceId)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    for (const name of found) if (COPY.test(name)) await this.at.removePlace(join(this.at.instance(instanceId), name));
  }

  private root = (instanceId: string) => join(this.at.instance(instanceId), 'rootfs');
  private copy = (instanceId: string, pass: number) => join(this.at.instance(instanceId), `pass-${pass}`);
}
