import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { repository, stateRoot } from '#apps/cli/fleet/layout';
import { command, CommandError } from '#apps/cli/process/command';

/** The commit of v0.1.0, for a clone without tags. */
const FIRST_RELEASE = 'aa766fc32a8aba664c05c8239e178c228c1222f8';

/** A release as an operator has it on disk: source tree, packages and build. */
export class Release {
  private constructor(
    /** A tag, or a commit. */
    readonly name: string,
    readonly directory: string,
  ) {}

  /** The newest release before this tree; for a tree that is tagged itself, the tag before that. */
  static async newest(): Promise<Release> {
    const name = await newestTag();
    const commit = (await git('rev-parse', `${name}^{commit}`)).trim();
    const directory = join(stateRoot(), 'setup', 'releases', commit);
    if (!existsSync(directory)) await unpack(commit, directory);
    return new Release(name, directory);
  }

  /** Runs a command of the release's own `lxstack`, which first installs its packages and builds it. */
  lxstack(...args: string[]): Promise<string> {
    return command(join(this.directory, 'lxstack'), args, { env: { ...process.env, LXSTACK_LOG_LEVEL: 'info' } });
  }
}

async function newestTag(): Promise<string> {
  try {
    return (await git('describe', '--tags', '--abbrev=0', '--match', 'v*', 'HEAD^')).trim();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return FIRST_RELEASE;
  }
}

async function unpack(commit: string, directory: string): Promise<void> {
  const partial = `${directory}.${process.pid}`;
  await mkdir(partial, { recursive: true });
  const archive = `${partial}.tar`;
  await git('archive', '--format=tar', `--output=${archive}`, commit);
  await command('tar', ['-xf', archive, '-C', partial]);
  await rm(archive);
  await rename(partial, directory);
}

const git = (...args: string[]): Promise<string> => command('git', ['-C', repository, ...args]);
