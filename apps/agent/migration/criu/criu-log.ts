import { mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { moveFile } from '../move-files.js';

export type CriuLogName = 'dump.log' | 'restore.log';

/** What is read, and kept, of one log: its beginning and its end, in bytes. */
const HEAD = 1 << 18;
const TAIL = 3 << 18;
const FIRST_ERRORS = 8;
const LAST_LINES = 12;
/** Logs of failed restores that a host keeps; the instance is on another host, nobody tells when it goes. */
const RESTORES_KEPT = 20;

/** What CRIU's log says of a failure. */
export interface CriuVerdict {
  /** The first errors, shortened; empty where it names none. */
  cause: string;
  /** The first `Error` lines, then the last lines. */
  excerpt: string[];
  /** The log itself, its middle left out where it is longer than a mebibyte. */
  text: string;
}

/** Of this move's dump or restore; of lxc-checkpoint's own words where CRIU has written none. */
export async function criuVerdict(directory: string, name: CriuLogName): Promise<CriuVerdict> {
  for (const file of [join(moveFile(directory, 'images'), name), moveFile(directory, 'lxcLog')]) {
    const text = await endsOf(file);
    if (text) return { ...verdictOf(text), text };
  }
  return { cause: '', excerpt: [], text: '' };
}

/** The first error is the cause, the last says only that it has failed. */
export function verdictOf(text: string): Omit<CriuVerdict, 'text'> {
  const lines = text.trimEnd().split('\n');
  const errors = lines.filter(isError);
  const last = lines.slice(-LAST_LINES);
  const cause = errors.slice(0, 2).map((line) => line.replace(/^\(\d+\.\d+\)\s*/, '').trim());
  return {
    cause: cause.join('; '),
    excerpt: [...errors.filter((line) => !last.includes(line)).slice(0, FIRST_ERRORS), ...last],
  };
}

/** Writes the log of a failed dump or restore to `path`, in place of the one before. */
export async function keepLog(path: string, { text }: CriuVerdict): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
}

/** The same in a directory that has room for RESTORES_KEPT: the oldest goes. */
export async function keepBounded(path: string, verdict: CriuVerdict): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await keepLog(path, verdict);
  const names = (await readdir(dirname(path))).filter((name) => name !== basename(path));
  const files = await Promise.all(
    names.map(async (name) => {
      const file = join(dirname(path), name);
      return { file, age: (await stat(file)).mtimeMs };
    }),
  );
  const old = files.sort((a, b) => b.age - a.age).slice(RESTORES_KEPT - 1);
  await Promise.all(old.map(({ file }) => rm(file, { force: true })));
}

/** Without a right to raise its limit of open files CRIU says so and goes on. */
const isError = (line: string): boolean => /\bError\b/.test(line) && !line.includes('RLIMIT_NOFILE');

async function endsOf(path: string): Promise<string> {
  let file;
  try {
    file = await open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
  try {
    const { size } = await file.stat();
    if (size <= HEAD + TAIL) return await file.readFile('utf8');
    const head = Buffer.alloc(HEAD);
    const tail = Buffer.alloc(TAIL);
    await file.read(head, 0, HEAD, 0);
    await file.read(tail, 0, TAIL, size - TAIL);
    return `${head.toString()}\n... ${size - HEAD - TAIL} bytes left out ...\n${tail.toString()}`;
  } finally {
    await file.close();
  }
}
