import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { exitOf } from '../../process/child-exit.js';
import { FOUND, parseFound } from './changed-files.js';
import type { Manifest } from './changed-files.js';

/** Everything below `root` while the instance runs. It follows no link, also none that takes a directory's place meanwhile. */
export async function walk(root: string, now: () => number = Date.now): Promise<Manifest> {
  const startedAt = BigInt(now()) * 1_000_000n;
  const find = spawn('find', ['.', '-ignore_readdir_race', '-printf', FOUND], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = exitOf(find, [0, 1]); // 1: a file vanished before find read it; the next walk finds that
  const entries = new Map(parseFound(await buffer(find.stdout)));
  await ended;
  return { startedAt, entries };
}

/** Directories below `root` that have extended attributes (an ACL, overlay's marks). */
export async function attributed(root: string): Promise<string[]> {
  const get = ['getfattr', '--no-dereference', '--match=-', '{}', '+'];
  const args = ['.', '-ignore_readdir_race', '-type', 'd', '-exec', ...get];
  const find = spawn('find', args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = exitOf(find, [0, 1]);
  const named = (await buffer(find.stdout)).toString('latin1').matchAll(/^# file: (.*)$/gm);
  await ended;
  return [...named].map(([, name]) => unescaped(name!));
}

/** getfattr writes backslashes and line ends of a name in octal. */
const unescaped = (name: string): string =>
  name.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(String(octal), 8)));
