import { existsSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MigrationKind } from '#generated/lxstack/agent/v1/agent';
import type { CheckMigrationRequest, CheckMigrationResponse } from '#generated/lxstack/agent/v1/agent';
import { NotFoundError } from '#libs/common/errors';
import { CommandError } from '../../process/command-error.js';
import { run } from '../../process/run.js';
import type { MigrationDeps } from '../movable-instances.js';
import { memoryLeft, memoryOfTasks, parseTable } from './memory-files.js';

type Needed = Pick<CheckMigrationResponse, 'memoryNeededBytes' | 'diskNeededBytes'>;
type Available = Pick<CheckMigrationResponse, 'memoryAvailableBytes' | 'imagesAvailableBytes' | 'diskAvailableBytes'>;

const CGROUPS = '/sys/fs/cgroup';
const COUNT_MS = 4_000;

/** What a target must have for the instance, if it is here, and what this host has left. */
export async function capacityOf(deps: MigrationDeps, request: CheckMigrationRequest): Promise<Needed & Available> {
  const { instanceId, kind } = request;
  const here = await deps.instances.spec(instanceId).catch((error: unknown) => {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  });
  const needed = here ? await roomNeeded(deps, instanceId) : { memoryNeededBytes: 0, diskNeededBytes: 0 };
  if (kind !== MigrationKind.MIGRATION_KIND_LIVE) needed.memoryNeededBytes = 0;
  return { ...needed, ...(await roomAvailable(deps, instanceId)) };
}

async function roomNeeded(deps: MigrationDeps, instanceId: string): Promise<Needed> {
  const cgroup = deps.instances.cgroupDirectories(instanceId)[1];
  const [stat, diskNeededBytes] = await Promise.all([
    cgroup ? readFirst([`memory/${cgroup}/memory.stat`, `${cgroup}/memory.stat`]) : '',
    deps.instances.sharedDisks ? 0 : diskUsed(deps.instances.writableLayer(instanceId)), // a shared disk is not sent
  ]);
  return { memoryNeededBytes: memoryOfTasks(parseTable(stat)), diskNeededBytes };
}

async function roomAvailable(deps: MigrationDeps, instanceId: string): Promise<Available> {
  const [memoryAvailableBytes, imagesAvailableBytes, diskAvailableBytes] = await Promise.all([
    memoryAvailable(deps.instances.cgroupDirectories(instanceId)[1]),
    spaceLeft(deps.runDirectory),
    spaceLeft(deps.stateDirectory),
  ]);
  return { memoryAvailableBytes, imagesAvailableBytes, diskAvailableBytes };
}

/** Bytes left on the file system where `directory` is or will be. */
async function spaceLeft(directory: string): Promise<number> {
  if (!existsSync(directory)) return spaceLeft(dirname(directory));
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

/** Bytes of memory left: by the machine, or by the cgroups above the instance if they allow less. */
async function memoryAvailable(cgroup: string | undefined): Promise<number> {
  const machine = parseTable(await readFile('/proc/meminfo', 'utf8')).get('MemAvailable') ?? 0;
  const left = [machine * 1024];
  for (let at = cgroup ? dirname(cgroup) : '.'; at !== '.' && at !== '/'; at = dirname(at)) {
    const read = (v1: string, v2: string) => readFirst([`memory/${at}/${v1}`, `${at}/${v2}`]);
    const [limit, usage, stat] = await Promise.all([
      read('memory.limit_in_bytes', 'memory.max'),
      read('memory.usage_in_bytes', 'memory.current'),
      read('memory.stat', 'memory.stat'),
    ]);
    left.push(memoryLeft(Number(limit || NaN), Number(usage), parseTable(stat)));
  }
  return Math.max(0, Math.min(...left));
}

/** Bytes that the files take; 0 (unknown) when counting fails or takes too long. */
async function diskUsed(directory: string): Promise<number> {
  try {
    return Number.parseInt(await run('du', ['-sx', '--block-size=1', '--', directory], '', COUNT_MS), 10) || 0;
  } catch (error) {
    if (error instanceof CommandError) return 0;
    throw error;
  }
}

/** The first file that can be read: on a hybrid host the memory controller may be on either version. */
async function readFirst(paths: readonly string[]): Promise<string> {
  for (const path of paths) {
    const text = await readFile(join(CGROUPS, path), 'utf8').catch(() => '');
    if (text) return text.trim();
  }
  return '';
}
