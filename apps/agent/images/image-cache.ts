import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { ImageRef } from '#generated/lxstack/agent/v1/types';
import { ConflictError, InvalidInputError } from '#libs/common/errors';
import { SHA256, requireName } from '#libs/common/names';
import { CommandError } from '../network/commands.js';
import { exists } from '../storage/directories.js';
import type { StorageDriver } from '../storage/storage-driver.js';
import { ShiftTar } from './shift-tar.js';

export class ImageDigestError extends ConflictError {}

/** Images of this host by sha256: fetched, checked and unpacked once, already shifted into the user namespace. */
export class ImageCache {
  private readonly running = new Map<string, Promise<void>>();

  constructor(
    private readonly storage: StorageDriver,
    private readonly directory: string,
    private readonly download: (image: ImageRef) => Readable,
    private readonly idmap: { base: number; size: number },
  ) {}

  /** True where it was here already. Callers that come while it is being fetched share that. */
  async ensure(image: ImageRef): Promise<boolean> {
    requireName('image.sha256', image.sha256, SHA256, '64 hex digits');
    if (await this.storage.hasImage(image.sha256)) return true;
    let fetching = this.running.get(image.sha256);
    if (!fetching) {
      fetching = this.fetch(image).finally(() => this.running.delete(image.sha256));
      this.running.set(image.sha256, fetching);
    }
    await fetching;
    return false;
  }

  private async fetch(image: ImageRef): Promise<void> {
    const blob = join(this.directory, `${image.sha256}.blob`);
    try {
      const hash = createHash('sha256');
      const hashing = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          hash.update(chunk);
          done(null, chunk);
        },
      });
      await pipeline(this.download(image), hashing, createWriteStream(blob, { mode: 0o600 }));
      const found = hash.digest('hex');
      if (found !== image.sha256)
        throw new ImageDigestError(`IMAGE_DIGEST_MISMATCH: its sha256 is ${found}, expected ${image.sha256}`);
      const place = await this.storage.newImage(image.sha256);
      await unpack(blob, place, this.idmap);
      const unified = (await exists(join(place, 'metadata.yaml'))) && (await exists(join(place, 'rootfs')));
      await this.storage.sealImage(image.sha256, unified ? join(place, 'rootfs') : place);
    } finally {
      await rm(blob, { force: true });
    }
  }
}

const UNPACK_TIMEOUT_MS = 900_000;

/** GNU tar keeps members inside `place`: it drops leading slashes, refuses `..` and delays links that lead out. */
async function unpack(blob: string, place: string, { base, size }: { base: number; size: number }): Promise<void> {
  const args = ['-x', '-p', '--numeric-owner', '--same-owner', '--xattrs', '--xattrs-include=*', '-C', place];
  const tar = spawn('tar', [...args, '-f', '-'], { stdio: ['pipe', 'ignore', 'pipe'], timeout: UNPACK_TIMEOUT_MS });
  let stderr = '';
  tar.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-2000)));
  const ended = new Promise<void>((resolve, reject) =>
    tar
      .on('error', reject)
      .on('close', (code) => (code === 0 ? resolve() : reject(new CommandError('tar', code, stderr)))),
  );
  const source = createReadStream(blob);
  const decompress = await decompressor(blob);
  const shift = new ShiftTar(base, size);
  const fed = decompress ? pipeline(source, decompress, shift, tar.stdin) : pipeline(source, shift, tar.stdin);
  // tar may go at the archive's end mark, before its padding has been read: then its exit status tells.
  const feeding = fed.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE' && error.code !== 'EPIPE') throw error;
  });
  await Promise.all([ended, feeding]);
  if (!(await stat(place)).isDirectory()) throw new InvalidInputError('image', 'a directory tree');
}

async function decompressor(blob: string): Promise<Transform | undefined> {
  const file = await open(blob, 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(6), 0, 6, 0);
    const magic = buffer.toString('hex');
    if (magic.startsWith('1f8b')) return createGunzip();
    if (magic.startsWith('28b52ffd')) return createZstdDecompress();
    if (magic.startsWith('fd377a585a00')) throw new InvalidInputError('image', 'tar, tar.gz or tar.zst, not xz');
    return undefined;
  } finally {
    await file.close();
  }
}
