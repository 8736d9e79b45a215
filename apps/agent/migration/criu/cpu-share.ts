import { closeSync, constants, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { moveFile } from '../move-files.js';

/** The share of the processors of a cgroup, and the most of it: v1, v2. */
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
 * What CRIU has an instance's tasks do, at both ends, they do in their cgroup: there they would queue behind every busy
 * instance of the host while their peers wait. Until `settle` they go before them. The move's `directory` keeps what was,
 * also for an agent that comes after.
 */
export function favour(directory: string, cgroup: string, root = '/sys/fs/cgroup'): void {
  const changes = SHARES.flatMap(({ file, most }): Change[] => {
    const path = join(root, file(cgroup));
    const before = unlessGone(() => readFileSync(path, 'utf8').trim());
    return before === undefined ? [] : [{ path, before, most }];
  });
  writeFileSync(moveFile(directory, 'cpuShare'), JSON.stringify(changes));
  for (const { path, most } of changes) unlessGone(() => put(path, most));
}

/** As it was. What CRIU's restore has written meanwhile is what the instance had, and stays. Also where nothing was changed. */
export function settle(directory: string): void {
  const note = moveFile(directory, 'cpuShare');
  const changes = unlessGone(() => JSON.parse(readFileSync(note, 'utf8')) as Change[]) ?? [];
  for (const { path, most, before } of changes)
    unlessGone(() => readFileSync(path, 'utf8').trim() === most && put(path, before));
  rmSync(note, { force: true });
}

/** Never makes the file. */
function put(path: string, text: string): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_TRUNC);
  try {
    writeSync(file, text);
  } finally {
    closeSync(file);
  }
}

/** Undefined where the cgroup is not there, or has just gone with its instance. */
function unlessGone<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
