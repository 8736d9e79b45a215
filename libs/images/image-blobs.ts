import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { numberSetting, setting } from '#libs/common/config';
import { InvalidInputError, NotFoundError } from '#libs/common/errors';
import { SHA256, requireName } from '#libs/common/names';

export interface StoredBlob {
  md5: string;
  sha256: string;
  sha512: string;
  size: number;
}

export interface OpenBlob {
  stream: Readable;
  size: number;
}

const DEFAULT_MAX_BYTES = 64 * 2 ** 30;

/** Image data as files named by their sha256, under LXSTACK_BLOB_DIR (which all api processes share). */
@Injectable()
export class ImageBlobs {
  /** Reads the setting at first use: processes that hold no blobs need none. */
  private get directory(): string {
    return setting('LXSTACK_BLOB_DIR');
  }

  /**
   * Takes a stream to the disk, hashing on the way; it is synced when this returns. The same content twice is one file.
   * Throws InvalidInputError where it is longer than LXSTACK_IMAGE_MAX_BYTES (64 GiB); whatever fails leaves no file.
   */
  async put(source: Readable): Promise<StoredBlob> {
    await mkdir(this.directory, { recursive: true });
    const partial = join(this.directory, `.${randomUUID()}.partial`);
    try {
      const blob = await write(source, partial, numberSetting('LXSTACK_IMAGE_MAX_BYTES', DEFAULT_MAX_BYTES));
      await rename(partial, this.path(blob.sha256));
      await syncDirectory(this.directory);
      return blob;
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  }

  /** Throws NotFoundError, InvalidInputError. */
  async open(sha256: string): Promise<OpenBlob> {
    const path = this.path(sha256);
    try {
      const { size } = await stat(path);
      return { size, stream: createReadStream(path, { highWaterMark: 2 ** 20 }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new NotFoundError('Image data', sha256);
      throw error;
    }
  }

  /** One that is not there is a success. */
  async remove(sha256: string): Promise<void> {
    await rm(this.path(sha256), { force: true });
  }

  private path(sha256: string): string {
    return join(this.directory, requireName('sha256', sha256, SHA256, '64 hex digits'));
  }
}

async function write(source: Readable, path: string, maxBytes: number): Promise<StoredBlob> {
  const hashes = { md5: createHash('md5'), sha256: createHash('sha256'), sha512: createHash('sha512') };
  const file = await open(path, 'wx', 0o640);
  let size = 0;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw new InvalidInputError('file', `at most ${maxBytes} bytes`);
      for (const hash of Object.values(hashes)) hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  const { md5, sha256, sha512 } = hashes;
  return { md5: md5.digest('hex'), sha256: sha256.digest('hex'), sha512: sha512.digest('hex'), size };
}

/** A rename is on the disk once its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
