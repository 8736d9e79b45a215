import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { hostVethName } from '../../network/interface-names.js';
import type { HeldFiles } from '../checks/held-files.js';
import { CgroupWalkOnce } from './fixups/cgroup-walk-once.js';
import { earlierCheckpointEnded, startCheckpoint } from './checkpoint-process.js';
import { raiseCpuShare, restoreCpuShare } from './cpu-share.js';
import type { DataChannel } from '../wire/data-channel.js';
import { ImageStream } from '../wire/image-stream.js';
import { criuVerdict, keepLog } from './criu-log.js';
import { emptyMoveDirectory, makeMoveDirectory, moveEnvironment } from '../move-directory.js';
import { DumpFailure, MoveFailure } from '../move-failure.js';
import { ScriptLink } from './script-link.js';
import { preDumpArguments } from '../memory/pre-dump.js';
import type { SentMemory } from '../memory/memory-feed.js';
import type { Throttle } from '../wire/throttle.js';
import { watchedFiles, writeIrmapCache } from './fixups/watched-files.js';
import { hasMoveFile, moveFile } from '../move-files.js';

/** CRIU's dump at the source. The instance is frozen from the cut of its NICs on; at `post-dump` CRIU waits for commit or abort. */
export class Dump {
  private images: ImageStream | undefined;
  private yard: CgroupWalkOnce | undefined;
  /** Resolves when lxc-checkpoint has ended: the tasks are stopped for good, or go on. */
  ended: Promise<unknown> = Promise.resolve();
  /** Rejects with MoveFailure when lxc-checkpoint ends; race it with whatever comes before the commit. */
  failed: Promise<never> = new Promise<never>(() => undefined);

  private constructor(
    private readonly directory: string,
    public link: ScriptLink | undefined,
  ) {}

  static async prepare(runDirectory: string, migrationId: string): Promise<Dump> {
    const directory = await makeMoveDirectory(runDirectory, migrationId);
    return new Dump(directory, await ScriptLink.create(directory));
  }

  /** After a failed dump: removes what is left of it here, so that another one can be started. */
  async renew(): Promise<void> {
    await this.close();
    await emptyMoveDirectory(this.directory);
    this.link = await ScriptLink.create(this.directory);
    this.failed = new Promise<never>(() => undefined);
  }

  /** Takes over the dump that an earlier agent started. `waits`: its script waits at the FIFOs for an answer. */
  static reopen(directory: string, waits: boolean): Dump {
    const link = waits && hasMoveFile(directory, 'answers') ? ScriptLink.reopen(directory) : undefined;
    const dump = new Dump(directory, link);
    dump.ended = earlierCheckpointEnded(directory);
    return dump;
  }

  /** Before the dump: finds the paths of watched files while the instance runs. */
  async writeWatchedFiles(initPid: number, held: readonly HeldFiles[]): Promise<void> {
    await writeIrmapCache(this.imagesDirectory, await watchedFiles(initPid, held));
  }

  start(
    spec: InstanceSpec,
    bridges: readonly string[],
    { lxcPath, cgroups }: { lxcPath: string; cgroups: readonly string[] },
    channel: DataChannel,
    throttle: Throttle,
    memory: { sentBefore: boolean; preDump: string },
  ): void {
    const images = this.imagesDirectory;
    this.images = new ImageStream(images, channel, throttle, !memory.sentBefore);
    this.yard = CgroupWalkOnce.make(this.directory, cgroups);
    // Only when CRIU has read the cgroup's own share, which goes to the target.
    void this.yard.emptied.then(() => raiseCpuShare(this.directory, cgroups[1]!));
    const veths = spec.nics.map((nic) => hostVethName(nic.portId));
    const args = ['-s', '-n', spec.id, '-P', lxcPath, '-D', images, ...preDumpArguments(memory.preDump)];
    const ended = startCheckpoint(this.directory, args, moveEnvironment(this.directory, 'source', veths, bridges));
    this.ended = ended;
    this.failed = ended.then(async (status) => {
      throw await this.failure(status, join(lxcPath, spec.id, 'dump.log'));
    });
    this.failed.catch(() => undefined); // nobody may be waiting for it
  }

  /** Saves CRIU's log and makes the failure. */
  private async failure(status: number, path: string): Promise<MoveFailure> {
    if (status === 0) return new MoveFailure('dump', 'it ended without being told to');
    const verdict = await criuVerdict(this.directory, 'dump.log');
    await keepLog(path, verdict);
    const cause = verdict.cause || `lxc-checkpoint -s ended with ${status}`;
    return new DumpFailure(`${cause} (whole log at the source: ${path})`, verdict.excerpt);
  }

  /** After `dumped`: whether CRIU may have linked files into the disk, because open files had lost their names. */
  changedDisk(): boolean {
    return existsSync(join(this.imagesDirectory, 'remap-fpath.img'));
  }

  /** After `dumped`: sends the images except those of `memory`; resolves with their bytes when the connection has taken them. */
  async sendImages(memory: readonly SentMemory[]): Promise<number> {
    await this.images!.finish(new Set(memory.map(({ pagesId }) => `pages-${pagesId}.img`)));
    return this.images!.bytes;
  }

  get imagesDirectory(): string {
    return moveFile(this.directory, 'images');
  }

  answer(word: 'go' | 'commit' | 'abort'): void {
    this.link?.answer(word);
  }

  /** Call it after the connection was closed, for a send may wait for it. */
  async close(): Promise<void> {
    this.link?.close();
    this.link = undefined;
    this.yard?.close();
    restoreCpuShare(this.directory);
    await this.images?.close();
  }
}
