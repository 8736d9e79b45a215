import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, chown, readdir, rm, stat, statfs, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { status } from '@grpc/grpc-js';
import type { IdMap, ImageRef, InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { ConflictError, UnavailableError, messageOf } from '#libs/common/errors';
import type { Logger } from '#libs/common/logger';
import { SHA256, requireName } from '#libs/common/names';
import { retry } from '#libs/common/retry';
import type { StorageDriver } from '../storage/storage-driver.js';
import { ImageDigestError, ImageFormatError, ImageInUseError, ImageMissingError } from './image.errors.js';
import { whatToEvict } from './eviction.js';
import { SHARED_ID_RANGE } from '#libs/agent-protocol/shared-id-range';
import { EMPTY_ROOT, idMapOf, imagePlaceOf, isPrivileged } from './id-maps.js';
import { copyShifted } from './shift.js';
import { unpackBounds } from './unpack-bounds.js';
import { unpack } from './unpack.js';

interface Deps {
  storage: StorageDriver;
  directory: string;
  download: (image: ImageRef) => Readable;
  /** The directories (placeOf) from which instances of this host were made. */
  inUse: () => ReadonlySet<string>;
  logger: Logger;
}

/** Attempts to fetch an image, over about 15 s: a restart of the control plane takes some seconds. */
const ARRIVAL = { attempts: 7, baseMs: 250, maxMs: 5_000 };

/**
 * This host's images by sha256. Each is fetched, checked and unpacked once, with its owners shifted to the shared
 * range; an instance with a range of its own is made from a copy that is shifted to that (placeOf).
 */
export class ImageCache {
  private readonly fetching = new Map<string, Promise<void>>();
  /** How many instances are being made from each image now. */
  private readonly pinned = new Map<string, number>();

  private constructor(private readonly deps: Deps) {}

  /** Opens the cache and removes what a killed agent had half fetched. */
  static async open(deps: Deps): Promise<ImageCache> {
    await deps.storage.discardUnsealed();
    for (const name of await readdir(deps.directory))
      if (name.endsWith('.blob')) await rm(join(deps.directory, name), { force: true });
    return new ImageCache(deps);
  }

  /** Fetches the image; true when it was here already. Callers at the same time share one fetch. */
  async ensure(image: ImageRef): Promise<boolean> {
    const sha256 = requireName('image.sha256', image.sha256, SHA256, '64 hex digits');
    return this.once(sha256, () => this.fetch(image, sha256, SHARED_ID_RANGE));
  }

  /**
   * Runs `work` with the image's directory, shifted as the instance needs it; with an empty one where the instance has no
   * image. It is not evicted before `work` ends.
   */
  async use<T>(spec: InstanceSpec, work: (place: string) => Promise<T>): Promise<T> {
    const image = spec.image;
    const map = idMapOf(spec);
    const place = imagePlaceOf(spec);
    return this.withPinned(image?.sha256 ?? place, () =>
      this.withPinned(place, async () => {
        if (image) await this.ensureIn(place, image, map);
        else await this.once(place, () => this.makeEmpty(place, map?.base ?? 0));
        await this.touch(place);
        return work(place);
      }),
    );
  }

  /**
   * Copies the image from the shared range. An image with ids beyond that range is unpacked into a wider range instead.
   */
  private async ensureIn(place: string, image: ImageRef, map: IdMap | undefined): Promise<void> {
    if (await this.deps.storage.hasImage(place)) return;
    try {
      await this.ensure(image);
    } catch (error) {
      const isWider = map && map.size > SHARED_ID_RANGE.size;
      if (!(error instanceof ImageFormatError) || !isWider) throw error;
      await this.once(place, () => this.fetch(image, place, map));
    }
    if (place !== image.sha256) await this.once(place, () => this.shift(image.sha256, place, map));
  }

  private async withPinned<T>(place: string, work: () => Promise<T>): Promise<T> {
    this.pinned.set(place, (this.pinned.get(place) ?? 0) + 1);
    try {
      return await work();
    } finally {
      this.pinned.set(place, this.pinned.get(place)! - 1);
      if (!this.pinned.get(place)) this.pinned.delete(place);
    }
  }

  /** Makes the directory; returns true where it existed. Callers at the same time share the work. */
  private async once(place: string, make: () => Promise<void>): Promise<boolean> {
    if (await this.deps.storage.hasImage(place)) return true;
    let making = this.fetching.get(place);
    if (!making) {
      making = make().finally(() => this.fetching.delete(place));
      this.fetching.set(place, making);
    }
    await making;
    return false;
  }

  private async shift(sha256: string, place: string, map: IdMap | undefined): Promise<void> {
    const { storage } = this.deps;
    await copyShifted(storage.image(sha256), await storage.newImage(place), SHARED_ID_RANGE, map);
    await storage.sealImage(place);
  }

  /** `owner`: the host's id of the instance's root. */
  private async makeEmpty(place: string, owner: number): Promise<void> {
    const directory = await this.deps.storage.newImage(place);
    await chmod(directory, 0o755);
    await chown(directory, owner, owner);
    await this.deps.storage.sealImage(place);
  }

  /** Removes the image and its shifted copies; returns whether it was here. Throws ImageInUseError. */
  async evict(sha256: string): Promise<boolean> {
    requireName('sha256', sha256, SHA256, '64 hex digits');
    const places = (await this.deps.storage.images()).filter((place) => place.startsWith(sha256));
    if ([sha256, ...places].some((place) => this.isUsed(place))) throw new ImageInUseError(sha256);
    for (const place of places) await this.remove(place);
    return places.includes(sha256);
  }

  /** Removes the copy that was shifted for this instance alone, after the instance is gone. */
  async dropOwn(spec: InstanceSpec): Promise<void> {
    const place = imagePlaceOf(spec);
    const own = place !== (spec.image?.sha256 ?? EMPTY_ROOT) && !isPrivileged(spec);
    if (own && !this.isUsed(place)) await this.remove(place);
  }

  private async remove(place: string): Promise<void> {
    await this.deps.storage.deleteImage(place);
    await rm(this.usedFile(place), { force: true });
  }

  /** Removes images that no instance has used for long, and more while the disk is nearly full. */
  async prune(now = Date.now()): Promise<void> {
    const unused = (await this.deps.storage.images()).filter((sha256) => !this.isUsed(sha256));
    const aged = await Promise.all(unused.map(async (sha256) => ({ sha256, usedAt: await this.lastUse(sha256) })));
    for (const { sha256, why } of whatToEvict(aged, now)) {
      const { bavail, blocks } = await statfs(this.deps.directory);
      if (why === 'space' && bavail / blocks > FREE_SHARE) return;
      if (!this.isUsed(sha256)) await this.remove(sha256);
      this.deps.logger.info({ sha256, why }, 'image evicted');
    }
  }

  private async fetch(image: ImageRef, place: string, map: IdMap): Promise<void> {
    const { storage, directory } = this.deps;
    await this.prune();
    const blob = join(directory, `${place}.blob`);
    try {
      await retry(
        ARRIVAL,
        () => this.download(image, blob),
        (error) => error instanceof UnavailableError,
      );
      await unpack(blob, await storage.newImage(place), map, unpackBounds((await stat(blob)).size));
      await storage.sealImage(place);
      await this.touch(place);
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
      if (isNotFound(error)) throw new ImageMissingError(image.sha256);
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

  /** Milliseconds since 1970; 0 where the image was never used. */
  private async lastUse(sha256: string): Promise<number> {
    const found = await stat(this.usedFile(sha256)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    return found?.mtimeMs ?? 0;
  }
}

/** What the rest of the agent uses of the cache; a simulated host has another class behind it. */
export type Images = Pick<ImageCache, keyof ImageCache>;

const FREE_SHARE = 0.1;

/** Whether the control plane answered NOT_FOUND. */
function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === status.NOT_FOUND;
}
