import { readFileSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { exitOf } from '../../process/child-exit.js';
import { scriptsDirectory } from '../move-directory.js';
import { parentOf } from './changed-files.js';
import type { ManifestDiff } from './changed-files.js';
import type { DiskJail } from './disk-jail.js';

/** A path of a manifest and the flags that it has, as FS_IOC_GETFLAGS tells them; 0: none any more. */
export type FlaggedPath = [path: string, flags: number];

/** Source: flags that files were given with chattr(1) (immutable, append only, no dump …), which tar and btrfs streams lose. */
export class FileFlags {
  private readonly told = new Map<string, number>();
  private next: ChildProcess | undefined;

  constructor(private readonly jail: DiskJail) {}

  /** Paths that have flags, as the target knows them. */
  get paths(): string[] {
    return [...this.told.keys()];
  }

  /** Starts the reader of the next difference ahead. */
  prepare(): void {
    this.next ??= startFlags(this.jail, 'read');
  }

  /** What the target has to be told of a difference. A change of flags changes the ctime, so it is in the difference. */
  async changes({ changed, removed }: ManifestDiff): Promise<FlaggedPath[]> {
    const gone = new Set(removed);
    const stale = this.paths.filter((path) => isWithin(path, gone));
    const again = changed.filter((path) => this.told.has(path));
    const news = new Map([...stale, ...again].map((path): FlaggedPath => [path, 0]));
    if (changed.length) for (const [path, flags] of await this.read(changed)) news.set(path, flags);
    applyFlags(this.told, [...news]);
    return [...news];
  }

  close(): void {
    this.next?.kill('SIGKILL');
  }

  private async read(paths: readonly string[]): Promise<FlaggedPath[]> {
    const reader = this.next ?? startFlags(this.jail, 'read');
    this.next = undefined;
    return (await answered(reader, paths)).map((line) => {
      const space = line.indexOf(' ');
      return [line.slice(space + 1), Number(line.slice(0, space))];
    });
  }
}

/** Target: has the files' flags put; resolves with the paths whose flags could not be. After that they may not be changed. */
export function putFlags(jail: DiskJail, flagged: ReadonlyMap<string, number>): Promise<string[]> {
  return answered(
    startFlags(jail, 'put'),
    [...flagged].map(([path, flags]) => `${flags} ${path}`),
  );
}

/** Takes what `FileFlags.changes` tells into what is known. */
export function applyFlags(known: Map<string, number>, news: readonly FlaggedPath[]): void {
  for (const [path, flags] of news) {
    if (flags) known.set(path, flags);
    else known.delete(path);
  }
}

function isWithin(path: string, directories: ReadonlySet<string>): boolean {
  for (let at = path; ; at = parentOf(at)) {
    if (directories.has(at)) return true;
    if (at === '.') return false;
  }
}

function startFlags(jail: DiskJail, what: 'read' | 'put'): ChildProcess {
  const child = jail.start('perl', ['-', what]);
  child.stdin!.on('error', () => undefined); // its exit status tells
  child.stdin!.write(`${readFileSync(join(scriptsDirectory, 'file-flags'), 'utf8')}\n__END__\n`);
  return child;
}

/** Names are bytes ("latin1"). */
async function answered(child: ChildProcess, lines: readonly string[]): Promise<string[]> {
  const ended = exitOf(child);
  child.stdin!.end(Buffer.from(lines.map((line) => `${line}\0`).join(''), 'latin1'));
  const said = (await buffer(child.stdout!)).toString('latin1');
  await ended;
  return said.split('\0').filter(Boolean);
}
