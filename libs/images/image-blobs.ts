import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open as openFile, opendir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { addAbortSignal } from 'node:stream';
import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { settings } from '#libs/common/settings/settings';
import { NotFoundError } from '#libs/common/errors';
import { SHA256, requireName } from '#libs/common/names';
import { ImageTooBigError } from './images.errors.js';

export interface StoredBlob {
  md5: string;
  sha256: string;
  sha512: string;
  size: number;
}

/** Data on the disk that is not kept yet. */
export interface ReceivedBlob extends StoredBlob {
  partial: string;
}

export interface OpenBlob {
  stream: Readable;
  /** Bytes of the whole blob, also where the stream gives a part of it. */
  size: number;
}

/** Bytes `start` to `end`, both included. */
export interface ByteRange {
  start: number;
  end: number;
}

const CHUNK_BYTES = 2 ** 20;

/** Image data as files named by their sha256 in LXSTACK_BLOB_DIR, which all api processes share. */
@Injectable()
export class ImageBlobs {
  /** Reads the setting at first use: processes that hold no blobs do not have it. */
  private get directory(): string {
    return settings('blobs').directory;
  }

  /**
   * Writes a stream to the disk and hashes it. When this returns, the file is synced and has a temporary name. Throws
   * ImageTooBigError above LXSTACK_IMAGE_MAX_BYTES (64 GiB), and the reason with which `signal` was aborted; no file is
   * left then.
   */
  async receive(source: Readable, signal?: AbortSignal): Promise<ReceivedBlob> {
    await mkdir(this.directory, { recursive: true });
    const partial = join(this.directory, `.${randomUUID()}.partial`);
    try {
      const data = signal ? addAbortSignal(signal, source) : source;
      return { ...(await write(data, partial, settings('blobs').maxBytes)), partial };
    } catch (error) {
      await rm(partial, { force: true });
      throw signal?.aborted ? signal.reason : error;
    }
  }

  /**
   * Gives the file its name; equal content is one file. The caller must hold the lock of its sha256 (`lockBlob`),
   * because a removal may be under way.
   */
  async keep({ partial, sha256 }: ReceivedBlob): Promise<void> {
    await rename(partial, this.path(sha256));
    await syncDirectory(this.directory);
  }

  /** Removes the temporary file; a file that was kept stays. */
  async discard({ partial }: ReceivedBlob): Promise<void> {
    await rm(partial, { force: true });
  }

  /**
   * Opens a blob. It can be read to its end even if it is removed meanwhile. Throws NotFoundError, InvalidInputError
   * for a range outside it.
   */
  async open(sha256: string, range?: ByteRange): Promise<OpenBlob> {
    const file = await openFile(this.path(sha256), 'r').catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? new NotFoundError('Image data', sha256) : error;
    });
    const { size } = await file.stat();
    return { size, stream: file.createReadStream({ highWaterMark: CHUNK_BYTES, ...range }) };
  }

  /** Removes the temporary files that no process has written to for `ageMs`: their upload is dead. Returns how many. */
  async removeAbandoned(ageMs: number): Promise<number> {
    let removed = 0;
    for await (const name of this.names()) {
      if (!name.endsWith('.partial')) continue;
      const path = join(this.directory, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity })); // kept or discarded a moment ago
      if (mtimeMs > Date.now() - ageMs) continue;
      await rm(path, { force: true });
      removed += 1;
    }
    return removed;
  }

  /** The sha256 of every blob that is kept. */
  async *stored(): AsyncGenerator<string> {
    for await (const name of this.names()) if (SHA256.test(name)) yield name;
  }

  /** Removes a blob; succeeds also where it is not there. */
  async remove(sha256: string): Promise<void> {
    await rm(this.path(sha256), { force: true });
  }

  private async *names(): AsyncGenerator<string> {
    await mkdir(this.directory, { recursive: true });
    for await (const entry of await opendir(this.directory)) yield entry.name;
  }

  private path(sha256: string): string {
    return join(this.directory, requireName('sha256', sha256, SHA256, '64 hex digits'));
  }
}

async function write(source: Readable, path: string, maxBytes: number): Promise<StoredBlob> {
  const hashes = { md5: createHash('md5'), sha256: createHash('sha256'), sha512: createHash('sha512') };
  const file = await openFile(path, 'wx', 0o640);
  let size = 0;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw new ImageTooBigError(maxBytes);
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

/** A rename is durable once its directory is synced. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await openFile(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
