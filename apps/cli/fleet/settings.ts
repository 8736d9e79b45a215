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

/** What a deployment was started with, kept so that the next start is the same. */
export interface FleetSettings {
  hosts: number;
  runtime: 'lxc' | 'simulated';
  /** Where the compute hosts keep instances; btrfs lies in a file for each host, shared in one directory for all. */
  storage: Storage;
  /** Port of the HTTPS API on 127.0.0.1; 0 until the first start has chosen one. */
  port: number;
  /** Of the programs that were started: a new build's take their place at the next start. */
  build: string;
}

/** What `LXSTACK_STORAGE` asks for; a deployment keeps what it was made with. Throws InvalidInputError, ConflictError. */
export function storageOf(before: FleetSettings | undefined): Storage {
  const wanted = setting('LXSTACK_STORAGE', before?.storage ?? 'auto');
  const known = STORAGES.find((storage) => storage === wanted);
  if (!known) throw new InvalidInputError('LXSTACK_STORAGE', STORAGES.join(', '));
  if (before && known !== before.storage)
    throw new ConflictError(`this fleet keeps its instances on ${before.storage}: end it with --purge first`);
  return known;
}

/** The stamp that `./lxstack` puts on a build; one made by hand has none and is taken for the same. */
export async function currentBuild(): Promise<string> {
  const stamp = join(repository, 'dist', '.lxstack-stamp');
  return existsSync(stamp) ? (await readFile(stamp, 'utf8')).trim() : '';
}

export async function readSettings(layout: Layout): Promise<FleetSettings | undefined> {
  if (!existsSync(layout.settings)) return undefined;
  const kept = JSON.parse(await readFile(layout.settings, 'utf8')) as Omit<FleetSettings, 'storage'>;
  return { storage: 'auto', ...kept }; // one of an older build does not say it
}

export async function writeSettings(layout: Layout, settings: FleetSettings): Promise<void> {
  await writeFile(`${layout.settings}.new`, JSON.stringify(settings, null, 2));
  await rename(`${layout.settings}.new`, layout.settings);
}

/** File with the admin user's password, made at the first start; only root may read it. */
export async function ensureAdminPassword(layout: Layout): Promise<string> {
  const file = layout.path('secrets', 'admin-password');
  if (!existsSync(file)) {
    await mkdir(layout.path('secrets'), { recursive: true, mode: 0o700 });
    await writeFile(file, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
  }
  return file;
}
