import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { hostVethName } from '../../network/interface-names.js';
import { heldFiles } from '../checks/held-files.js';
import { tasksBelow } from '../checks/tasks.js';
import { CgroupWalkOnce } from './fixups/cgroup-walk-once.js';
import { earlierCheckpointEnded, startCheckpoint } from './checkpoint-process.js';
import { favour, settle } from './cpu-share.js';
import type { DataChannel } from '../wire/data-channel.js';
import { ImageStream } from '../wire/image-stream.js';
import { criuVerdict, keepLog } from './criu-log.js';
import { makeMoveDirectory, moveEnvironment } from '../move-directory.js';
import { MoveFailure } from '../move-failure.js';
import { ScriptLink } from './script-link.js';
import { upon } from '../memory/pre-dump.js';
import type { SentMemory } from '../memory/memory-feed.js';
import type { Throttle } from '../wire/throttle.js';
import { watchedFiles, writeIrmapCache } from './fixups/watched-files.js';
import { hasMoveFile, moveFile } from '../move-files.js';

/** CRIU's dump at the source: from the cut on it is frozen, in `post-dump` it waits for the word. */
export class Dump {
  private images: ImageStream | undefined;
  private yard: CgroupWalkOnce | undefined;
  /** Resolves when lxc-checkpoint has ended: the tasks are stopped for good, or go on. */
  ended: Promise<unknown> = Promise.resolve();
  /** Rejects with MoveFailure where it ends; to be raced with what comes before the word. */
  failed: Promise<never> = new Promise<never>(() => undefined);

  private constructor(
    private readonly directory: string,
    public link: ScriptLink | undefined,
  ) {}

  static async prepare(runDirectory: string, migrationId: string): Promise<Dump> {
    const directory = await makeMoveDirectory(runDirectory, migrationId);
    return new Dump(directory, await ScriptLink.create(directory));
  }

  /** The dump that an agent before this one had started; where `waits`, its script waits at the FIFOs for us. */
  static reopen(directory: string, waits: boolean): Dump {
    const link = waits && hasMoveFile(directory, 'answers') ? ScriptLink.reopen(directory) : undefined;
    const dump = new Dump(directory, link);
    dump.ended = earlierCheckpointEnded(directory);
    return dump;
  }

  /** Before the start: what is watched is looked for while the instance runs. */
  async tellWatchedFiles(initPid: number): Promise<void> {
    const watched = await watchedFiles(initPid, await heldFiles(await tasksBelow(initPid)));
    await writeIrmapCache(this.imagesDirectory, watched);
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
    // Once its share is in the images.
    void this.yard.emptied.then(() => favour(this.directory, cgroups[1]!));
    const veths = spec.nics.map((nic) => hostVethName(nic.portId));
    const args = ['-s', '-n', spec.id, '-P', lxcPath, '-D', images, ...upon(memory.preDump)];
    const ended = startCheckpoint(this.directory, args, moveEnvironment(this.directory, 'source', veths, bridges));
    this.ended = ended;
    this.failed = ended.then(async (status) => {
      throw await this.failure(status, join(lxcPath, spec.id, 'dump.log'));
    });
    this.failed.catch(() => undefined); // also looked at when nobody races it
  }

  /** Its log is kept, but not of a success: what is left here of the instance is going then. */
  private async failure(status: number, path: string): Promise<MoveFailure> {
    if (status === 0) return new MoveFailure('dump', 'it ended without being told to');
    const verdict = await criuVerdict(this.directory, 'dump.log');
    await keepLog(path, verdict);
    const cause = verdict.cause || `lxc-checkpoint -s ended with ${status}`;
    return new MoveFailure('dump', `${cause} (whole log at the source: ${path})`, verdict.excerpt);
  }

  /** After `dumped`: whether CRIU may have linked files in the disk, for open ones that have lost the name they were opened by. */
  changedDisk(): boolean {
    return existsSync(join(this.imagesDirectory, 'remap-fpath.img'));
  }

  /** After `dumped`: resolves with their size when all images have been handed to the connection, but those of `memory`. */
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

  /** After the connection was closed: a send that waits for it ends then. */
  async close(): Promise<void> {
    this.link?.close();
    this.link = undefined;
    this.yard?.close();
    settle(this.directory);
    await this.images?.close();
  }
}
