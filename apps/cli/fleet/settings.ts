import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setting } from '#libs/common/config';
import { ConflictError, InvalidInputError } from '#libs/common/errors';
import { repository } from './layout.js';
import type { Layout } from './layout.js';

const STORAGES = ['auto', 'btrfs', 'dir', 'overlay', 'shared'] as const;
type Storage = (typeof STORAGES)[number];

/** What a deployment was started with; the next start uses it again. */
export interface FleetSettings {
  hosts: number;
  runtime: 'lxc' | 'simulated';
  /** Where compute hosts keep instances. `btrfs` lies in a file per host, `shared` in one directory for all. */
  storage: Storage;
  /** Port of the HTTPS API on 127.0.0.1; 0 before the first start. */
  port: number;
  /** Stamp of the build whose programs run; a start with another build replaces them. */
  build: string;
}

/**
 * The storage that `LXSTACK_STORAGE` asks for; a deployment keeps the one it was made with. Throws InvalidInputError,
 * ConflictError.
 */
export function storageOf(before: FleetSettings | undefined): Storage {
  const wanted = setting('LXSTACK_STORAGE', before?.storage ?? 'auto');
  const known = STORAGES.find((storage) => storage === wanted);
  if (!known) throw new InvalidInputError('LXSTACK_STORAGE', STORAGES.join(', '));
  if (before && known !== before.storage)
    throw new ConflictError(`this fleet keeps its instances on ${before.storage}: end it with --purge first`);
  return known;
}

/** The stamp that `./lxstack` puts on a build; '' for a build made by hand. */
export async function currentBuild(): Promise<string> {
  const stamp = join(repository, 'dist', '.lxstack-stamp');
  return existsSync(stamp) ? (await readFile(stamp, 'utf8')).trim() : '';
}

/** The settings of a deployment; undefined where it was never started. */
export async function readSettings(layout: Layout): Promise<FleetSettings | undefined> {
  if (!existsSync(layout.settings)) return undefined;
  const kept = JSON.parse(await readFile(layout.settings, 'utf8')) as Omit<FleetSettings, 'storage'>;
  return { storage: 'auto', ...kept }; // a deployment of v0.1 does not name its storage
}

/** Writes the settings whole or not at all. */
export async function writeSettings(layout: Layout, settings: FleetSettings): Promise<void> {
  await writeFile(`${layout.settings}.new`, JSON.stringify(settings, null, 2));
  await rename(`${layout.settings}.new`, layout.settings);
}

/** Path of the file with the admin user's password; made at the first start, readable by root only. */
export async function ensureAdminPassword(layout: Layout): Promise<string> {
  const file = layout.path('secrets', 'admin-password');
  if (!existsSync(file)) {
    await mkdir(layout.path('secrets'), { recursive: true, mode: 0o700 });
    await writeFile(file, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
  }
  return file;
}
