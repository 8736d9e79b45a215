import { spawn } from 'node:child_process';
import { chmod, chown, mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { IdMap } from '#generated/lxstack/agent/v1/types';
import { newId } from '#libs/common/ids';
import { exitOf } from '../process/child-exit.js';
import { CommandError } from '../process/command-error.js';
import { kindOf } from '../storage/directories.js';
import { ImageFormatError, ImageTooBigError } from './image.errors.js';
import { boundedBytes, boundedEntries } from './unpack-bounds.js';
import type { UnpackBounds } from './unpack-bounds.js';

const TIMEOUT_MS = 900_000;
/** LXC makes device nodes; a user namespace may not. */
const SKIPPED = ['dev/*', './dev/*', 'rootfs/dev/*', './rootfs/dev/*'].map((pattern) => `--exclude=${pattern}`);
const TAR = ['-x', '-v', '-p', '--numeric-owner', '--same-owner', '--xattrs', '--xattrs-include=*', ...SKIPPED];

/**
 * Unpacks an archive (tar, plain or compressed by gzip, xz or zstd) into the empty directory `place`, as root of the id
 * map's user namespace: owners are shifted as they are written, file capabilities become the namespace's, and an
 * archive that points outside writes with an id that may write nowhere else. Throws ImageFormatError, and
 * ImageTooBigError where it exceeds `bounds`; `place` is empty again then.
 */
export async function unpack(archive: string, place: string, map: IdMap, bounds: UnpackBounds): Promise<void> {
  await chown(place, map.base, map.base);
  try {
    await unpackInto(archive, place, map, bounds);
  } catch (error) {
    for (const name of await readdir(place)) await rm(join(place, name), { recursive: true, force: true });
    throw error;
  }
  await liftRootfs(place);
  if (!(await readdir(place)).length) throw new ImageFormatError('it is empty');
  for (const needed of ['dev', 'proc', 'sys']) await makeMountPoint(join(place, needed), map.base);
}

/** Runs decompressor and tar in the namespace, and counts the bytes between them and the names that tar prints. */
async function unpackInto(archive: string, place: string, { base, size }: IdMap, bounds: UnpackBounds): Promise<void> {
  const file = await open(archive, 'r'); // only root can read it, so tar gets it as stdin
  const ended = new AbortController();
  const inside = (command: string[], stdin: 'pipe' | number) =>
    start(['lxc-usernsexec', '-m', `b:0:${base}:${size}`, '--', ...command], place, stdin, ended.signal);
  try {
    const program = await decompressor(file);
    const source = program ? inside([program, '-dc'], file.fd) : undefined;
    const tar = inside(['tar', ...TAR, '-f', '-'], 'pipe');
    const unpacked = source?.child.stdout ?? file.createReadStream({ start: 0, autoClose: false });
    const parts = [
      pipeline(unpacked, boundedBytes(bounds), tar.child.stdin!).catch(ignoringBrokenPipe),
      pipeline(tar.child.stdout!, boundedEntries(bounds)),
      tar.done,
      ...(source ? [source.done] : []),
    ];
    const ends = parts.map((part) =>
      part.catch((error: unknown) => {
        ended.abort(); // ends the other processes
        throw error;
      }),
    );
    throwFirst(await Promise.allSettled(ends));
  } finally {
    ended.abort();
    await file.close();
  }
}

/** Throws the bound that was exceeded, where one was: tar's own message is a consequence of it. */
function throwFirst(ends: PromiseSettledResult<void>[]): void {
  const reasons = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as Error] : []));
  const of = (kind: new (...args: never[]) => Error) => reasons.find((reason) => reason instanceof kind);
  const first = of(ImageTooBigError) ?? of(ImageFormatError) ?? reasons[0];
  if (first) throw first;
}

/** A tar that failed reads no further: its own message tells more than the broken pipe. */
function ignoringBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
}

/** A tar that has seen the end of the archive reads no further, and SIGPIPE ends its decompressor. */
const FINE = [0, 128 + 13];

/** Starts a process; `done` rejects with the end of its stderr. */
function start([command, ...args]: string[], cwd: string, stdin: 'pipe' | number, signal: AbortSignal) {
  const child = spawn(command!, args, {
    cwd,
    stdio: [stdin, 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    signal,
    killSignal: 'SIGKILL',
  });
  const done = exitOf(child, FINE).catch((error: unknown) => {
    if (signal.aborted || child.signalCode === 'SIGPIPE') return;
    if (!(error instanceof CommandError)) throw error;
    throw new ImageFormatError(
      error.output.trim().slice(-1000) || `${command} ended with ${error.status ?? 'a signal'}`,
    );
  });
  return { child, done };
}

/** LXD's unified images have `metadata.yaml` beside `rootfs/`: moves what is in there up. Does not follow links. */
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

/** The decompressor for the first bytes, since a blob has no name; undefined for plain tar. */
async function decompressor(file: FileHandle): Promise<string | undefined> {
  const { buffer } = await file.read(Buffer.alloc(6), 0, 6, 0);
  const magic = buffer.toString('hex');
  if (magic.startsWith('1f8b')) return 'gzip';
  if (magic === 'fd377a585a00') return 'xz';
  if (magic.startsWith('28b52ffd')) return 'zstd';
  return undefined;
}
