import { closeSync, constants, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { moveFile } from '../move-files.js';

/** Files with a cgroup's CPU share and their largest value: cgroup v1, v2. */
const SHARES = [
  { file: (cgroup: string) => join('cpu', cgroup, 'cpu.shares'), most: '262144' },
  { file: (cgroup: string) => join(cgroup, 'cpu.weight'), most: '10000' },
];

interface Change {
  path: string;
  before: string;
  most: string;
}

/**
 * Gives the instance's cgroup the largest CPU share until `restoreCpuShare`. CRIU has the instance's own tasks do part of the dump and
 * the restore, in that cgroup, and they would queue behind busy instances while peers wait. The former share is kept in the
 * move's `directory`, also for the next agent.
 */
export function raiseCpuShare(directory: string, cgroup: string, root = '/sys/fs/cgroup'): void {
  const changes = SHARES.flatMap(({ file, most }): Change[] => {
    const path = join(root, file(cgroup));
    const before = unlessGone(() => readFileSync(path, 'utf8').trim());
    return before === undefined ? [] : [{ path, before, most }];
  });
  writeFileSync(moveFile(directory, 'cpuShare'), JSON.stringify(changes));
  for (const { path, most } of changes) unlessGone(() => put(path, most));
}

/** Puts the former share back, unless CRIU's restore has written the instance's own since. Does nothing without `raiseCpuShare`. */
export function restoreCpuShare(directory: string): void {
  const note = moveFile(directory, 'cpuShare');
  const changes = unlessGone(() => JSON.parse(readFileSync(note, 'utf8')) as Change[]) ?? [];
  for (const { path, most, before } of changes)
    unlessGone(() => readFileSync(path, 'utf8').trim() === most && put(path, before));
  rmSync(note, { force: true });
}

/** Writes an existing file; never creates it. */
function put(path: string, text: string): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_TRUNC);
  try {
    writeSync(file, text);
  } finally {
    closeSync(file);
  }
}

/** Undefined when the cgroup does not exist or has just gone. */
function unlessGone<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
