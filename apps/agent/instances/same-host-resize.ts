import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { ConflictError } from '#libs/common/errors';
import { run } from '../process/run.js';
import type { InstanceRecord } from '../state/instance-record.js';
import type { InstancesDeps } from './instances-deps.js';

/** Long, because a disk may be large; the copy shares its blocks where the file system can. */
const COPY_TIMEOUT_MS = 3_600_000;

/**
 * Resizes a stopped instance on its host: keeps a copy of disk and spec for a revert, once per migration, and writes
 * the new spec. May be repeated.
 */
export async function resizeHere(
  { records, runtime, storage }: InstancesDeps,
  record: InstanceRecord,
  migrationId: string,
  spec: InstanceSpec,
): Promise<InstanceRecord> {
  const { id } = spec;
  if (record.state !== 'stopped') throw new ConflictError(`instance ${id} is ${record.state}, not stopped`);
  runtime.check(spec);
  let { kept } = record;
  if (kept?.migrationId !== migrationId) {
    const copy = keptDisk(records.folder(id));
    await removeCopies(records.folder(id));
    await copyTree(storage.writableLayer(id), `${copy}.new`);
    await rename(`${copy}.new`, copy);
    kept = { migrationId, spec: record.spec };
  }
  await storage.limitDisk(id, spec.limits?.diskBytes ?? 0);
  const resized: InstanceRecord = { ...record, spec, kept };
  await records.keep(resized);
  return resized;
}

/** Reverts the resize: puts the kept disk and spec back; the instance is stopped. Does nothing when nothing was kept. */
export async function revertHere(deps: InstancesDeps, id: string, migrationId: string): Promise<void> {
  const { records, storage } = deps;
  const record = records.get(id);
  if (record.kept?.migrationId !== migrationId) return;
  const layer = storage.writableLayer(id);
  await storage.unmount(id);
  // Empties and fills the directory instead of replacing it, for it may be a btrfs subvolume.
  for (const name of await readdir(layer)) await rm(join(layer, name), { recursive: true, force: true });
  await copyTree(keptDisk(records.folder(id)), layer);
  const { kept, ...rest } = record;
  await storage.limitDisk(id, kept.spec.limits?.diskBytes ?? 0);
  await records.keep({ ...rest, spec: kept.spec, state: 'stopped', reason: '' });
  await removeCopies(records.folder(id));
}

/** Confirms the resize: removes what was kept. Does nothing when nothing was kept. */
export async function confirmHere({ records }: InstancesDeps, id: string, migrationId: string): Promise<void> {
  const record = records.find(id);
  if (record?.kept?.migrationId !== migrationId) return;
  await removeCopies(records.folder(id));
  await records.keep({ ...record, kept: undefined });
}

const keptDisk = (folder: string) => join(folder, 'kept');

async function removeCopies(folder: string): Promise<void> {
  for (const path of [keptDisk(folder), `${keptDisk(folder)}.new`]) await rm(path, { recursive: true, force: true });
}

/** Copies with owners, times, hard links, devices and extended attributes. */
async function copyTree(from: string, to: string): Promise<void> {
  await run('cp', ['--archive', '--reflink=auto', '--no-target-directory', from, to], '', COPY_TIMEOUT_MS);
}
