import { spawn } from 'node:child_process';
import { chmod, chown, mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { IdMap } from '#generated/lxstack/agent/v1/types';
import { newId } from '#libs/common/ids';
import { failureOf } from '../process/child-exit.js';
import { kindOf } from '../storage/directories.js';
import { ImageFormatError } from './image.errors.js';

const TIMEOUT_MS = 900_000;
/** Devices are LXC's to make; a user namespace may not. */
const SKIPPED = ['dev/*', './dev/*', 'rootfs/dev/*', './rootfs/dev/*'].map((pattern) => `--exclude=${pattern}`);
const TAR = ['-x', '-p', '--numeric-owner', '--same-owner', '--xattrs', '--xattrs-include=*', ...SKIPPED];

/**
 * Unpacks an archive (tar, plain or by gzip, xz, zstd) into the empty directory `place` as root of the id map's user
 * namespace: owners are shifted as they are written, file capabilities become those of the namespace, and an archive
 * that points elsewhere writes with an id that may write nowhere else. Throws ImageFormatError.
 */
export async function unpack(archive: string, place: string, { base, size }: IdMap): Promise<void> {
  await chown(place, base, base);
  const file = await open(archive, 'r'); // root's: it goes in by stdin
  try {
    const program = await decompressor(file);
    const tar = ['tar', ...TAR, ...(program ? [`--use-compress-program=${program}`] : []), '-f', '-'];
    const child = spawn('lxc-usernsexec', ['-m', `b:0:${base}:${size}`, '--', ...tar], {
      cwd: place,
      stdio: [file.fd, 'ignore', 'pipe'],
      timeout: TIMEOUT_MS,
    });
    const failure = await failureOf(child);
    if (failure) throw new ImageFormatError(failure);
  } finally {
    await file.close();
  }
  await liftRootfs(place);
  if (!(await readdir(place)).length) throw new ImageFormatError('it is empty');
  for (const needed of ['dev', 'proc', 'sys']) await makeMountPoint(join(place, needed), base);
}

/** LXD's unified images hold `metadata.yaml` beside `rootfs/`: the root is what is in there. Links are not followed. */
async function liftRootfs(place: string): Promise<void> {
  if ((await kindOf(join(place, 'metadata.yaml'))) !== 'file') return;
  if ((await kindOf(join(place, 'rootfs'))) !== 'directory') return;
  const inner = `rootfs-${newId()}`;
  await rename(join(place, 'rootfs'), join(place, inner));
  for (const name of await readdir(place))
    if (name !== inner) await rm(join(place, name), { recursive: true, force: true });
  for (const name of await readdir(join(place, inner))) await rename(join(place, inner, name), join(place, name));
  const { uid, gid, mode } = await stat(join(place, inner));
  await chown(place, uid, gid);
  await chmod(place, mode & 0o7777);
  await rmdir(join(place, inner));
}

async function makeMountPoint(path: string, owner: number): Promise<void> {
  if (await kindOf(path)) return;
  await mkdir(path, { mode: 0o755 });
  await chown(path, owner, owner);
}

/** By the first bytes, as a blob has no name; undefined for plain tar. */
async function decompressor(file: FileHandle): Promise<string | undefined> {
  const { buffer } = await file.read(Buffer.alloc(6), 0, 6, 0);
  const magic = buffer.toString('hex');
  if (magic.startsWith('1f8b')) return 'gzip';
  if (magic === 'fd377a585a00') return 'xz';
  if (magic.startsWith('28b52ffd')) return 'zstd';
  return undefined;
}
