import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import pLimit from 'p-limit';
import { command } from '#apps/cli/process/command';

/** Where the C sources are: no part of what tsc builds. */
const SOURCES = new URL('../../../test/witness/', import.meta.url).pathname;
const PROGRAM = 'program/*.c';
const KINDS = 'kinds/*/*.c';
const FLAGS = [
  '-std=gnu17',
  '-O1',
  '-pthread',
  '-Werror=implicit-function-declaration',
  '-I',
  join(SOURCES, 'program'),
];

/** Where the program lies in the guest; `bin` has a link of each kind's name to it. */
export const DIRECTORY = '/witness';

/** Kinds that have a program, by the group whose folder it is in. */
export function programs(): { group: string; kind: string; path: string }[] {
  return globSync(KINDS, { cwd: SOURCES })
    .sort()
    .map((path) => ({ group: path.split('/')[1]!, kind: basename(path, '.c'), path: join(SOURCES, path) }));
}

/** Changes with every source. */
export function sourceHash(): string {
  const hash = createHash('sha256').update(FLAGS.join());
  for (const path of globSync(['program/*', KINDS], { cwd: SOURCES }).sort())
    hash.update(`${path}\n`).update(readFileSync(join(SOURCES, path)));
  return hash.digest('hex').slice(0, 12);
}

/**
 * One static program of all kinds, put below a guest's root file system. Throws CommandError with the compiler's words;
 * gcc and libc6-dev must be there.
 */
export async function buildWitnesses(root: string, work: string): Promise<void> {
  await mkdir(work, { recursive: true });
  const one = pLimit(availableParallelism());
  const compile = async (path: string, object: string, ...more: string[]) => {
    await command('gcc', [...FLAGS, ...more, '-c', path, '-o', object]);
    return object;
  };
  const kinds = programs();
  await writeFile(join(work, 'table.c'), table(kinds.map(({ kind }) => kind)));
  const own = [...globSync(PROGRAM, { cwd: SOURCES }).map((path) => join(SOURCES, path)), join(work, 'table.c')];
  const objects = await Promise.all([
    ...own.map((path) => one(() => compile(path, join(work, `program-${basename(path, '.c')}.o`)))),
    ...kinds.map(({ kind, path }) =>
      one(() => compile(path, join(work, `${kind}.o`), `-Dmain=${mainOf(kind)}`, `-DKIND="${kind}"`)),
    ),
  ]);
  const directory = join(root, DIRECTORY);
  await mkdir(join(directory, 'bin'), { recursive: true });
  await command('gcc', ['-static', '-pthread', '-s', ...objects, '-o', join(directory, 'witness')]);
  for (const { kind } of kinds) await symlink('../witness', join(directory, 'bin', kind));
}

const mainOf = (kind: string): string => `main_of_${kind.replaceAll('-', '_')}`;

/** The kinds' entry points by name, for program/main.c. */
function table(kinds: readonly string[]): string {
  const declared = kinds.map((kind) => `int ${mainOf(kind)}(int, char **);`);
  const rows = kinds.map((kind) => `{"${kind}", ${mainOf(kind)}},`);
  return `${declared.join('\n')}
const struct { const char *name; int (*main)(int, char **); } kinds[] = {
${rows.join('\n')}
{0, 0}};
`;
}
