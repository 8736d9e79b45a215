import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readdir, rm, stat, statfs, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { IdMap, ImageRef } from '#generated/lxstack/agent/v1/types';
import { ConflictError, UnavailableError, messageOf } from '#libs/common/errors';
import type { Logger } from '#libs/common/logger';
import { SHA256, requireName } from '#libs/common/names';
import { retry } from '#libs/common/retry';
import type { StorageDriver } from '../storage/storage-driver.js';
import { ImageDigestError, ImageInUseError } from './image.errors.js';
import { whatToEvict } from './eviction.js';
import { unpack } from './unpack.js';

interface Deps {
  storage: StorageDriver;
  directory: string;
  download: (image: ImageRef) => Readable;
  idmap: IdMap;
  /** Images that instances of this host were made from. */
  inUse: () => ReadonlySet<string>;
  logger: Logger;
}

/** A control plane that is restarted is away for some seconds: an image waits for it, a quarter of a minute in all. */
const ARRIVAL = { attempts: 7, baseMs: 250, maxMs: 5_000 };

/** Images of this host by sha256: fetched, checked and unpacked once, already shifted into the user namespace. */
export class ImageCache {
  private readonly fetching = new Map<string, Promise<void>>();
  /** How many pieces of work are about to make an instance from it. */
  private readonly pinned = new Map<string, number>();

  private constructor(private readonly deps: Deps) {}

  /** What a killed agent had half fetched is removed. */
  static async open(deps: Deps): Promise<ImageCache> {
    await deps.storage.discardUnsealed();
    for (const name of await readdir(deps.directory))
      if (name.endsWith('.blob')) await rm(join(deps.directory, name), { force: true });
    return new ImageCache(deps);
  }

  /** True where it was here already. Callers that come while it is being fetched share that. */
  async ensure(image: ImageRef): Promise<boolean> {
    const sha256 = requireName('image.sha256', image.sha256, SHA256, '64 hex digits');
    if (await this.deps.storage.hasImage(sha256)) return true;
    let fetching = this.fetching.get(sha256);
    if (!fetching) {
      fetching = this.fetch(image).finally(() => this.fetching.delete(sha256));
      this.fetching.set(sha256, fetching);
    }
    await fetching;
    return false;
  }

  /** Runs `work` with the image here; it stays until `work` has ended. */
  async use<T>(image: ImageRef, work: () => Promise<T>): Promise<T> {
    const { sha256 } = image;
    this.pinned.set(sha256, (this.pinned.get(sha256) ?? 0) + 1);
    try {
      await this.ensure(image);
      await this.touch(sha256);
      return await work();
    } finally {
      this.pinned.set(sha256, this.pinned.get(sha256)! - 1);
      if (!this.pinned.get(sha256)) this.pinned.delete(sha256);
    }
  }

  /** True where it was here. Throws ImageInUseError. */
  async evict(sha256: string): Promise<boolean> {
    requireName('sha256', sha256, SHA256, '64 hex digits');
    if (this.isUsed(sha256)) throw new ImageInUseError(sha256);
    if (!(await this.deps.storage.hasImage(sha256))) return false;
    await this.deps.storage.deleteImage(sha256);
    await rm(this.usedFile(sha256), { force: true });
    return true;
  }

  /** Removes what nobody has used for long, and more where the disk is nearly full. */
  async prune(now = Date.now()): Promise<void> {
    const unused = (await this.deps.storage.images()).filter((sha256) => !this.isUsed(sha256));
    const aged = await Promise.all(unused.map(async (sha256) => ({ sha256, usedAt: await this.lastUse(sha256) })));
    for (const { sha256, why } of whatToEvict(aged, now)) {
      const { bavail, blocks } = await statfs(this.deps.directory);
      if (why === 'space' && bavail / blocks > FREE_SHARE) return;
      if (!this.isUsed(sha256)) await this.evict(sha256);
      this.deps.logger.info({ sha256, why }, 'image evicted');
    }
  }

  private async fetch(image: ImageRef): Promise<void> {
    const { storage, directory, idmap } = this.deps;
    await this.prune();
    const blob = join(directory, `${image.sha256}.blob`);
    try {
      await retry(
        ARRIVAL,
        () => this.download(image, blob),
        (error) => error instanceof UnavailableError,
      );
      const place = await storage.newImage(image.sha256);
      await unpack(blob, place, idmap);
      await storage.sealImage(image.sha256);
      await this.touch(image.sha256);
    } finally {
      await rm(blob, { force: true });
    }
  }

  private async download(image: ImageRef, blob: string): Promise<void> {
    const hash = createHash('sha256');
    const hashing = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    try {
      await pipeline(this.deps.download(image), hashing, createWriteStream(blob, { mode: 0o600 }));
    } catch (error) {
      if (error instanceof ConflictError) throw error;
      throw new UnavailableError(`image ${image.imageId} did not arrive: ${messageOf(error)}`);
    }
    const found = hash.digest('hex');
    if (found !== image.sha256) throw new ImageDigestError(image.sha256, found);
  }

  private isUsed(sha256: string): boolean {
    return this.pinned.has(sha256) || this.fetching.has(sha256) || this.deps.inUse().has(sha256);
  }

  private usedFile(sha256: string): string {
    return join(this.deps.directory, `${sha256}.used`);
  }

  private async touch(sha256: string): Promise<void> {
    const now = new Date();
    await utimes(this.usedFile(sha256), now, now).catch(() => writeFile(this.usedFile(sha256), ''));
  }

  /** Epoch milliseconds; 0 where it was never used. */
  private async lastUse(sha256: string): Promise<number> {
    const found = await stat(this.usedFile(sha256)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    return found?.mtimeMs ?? 0;
  }
}

const FREE_SHARE = 0.1;
