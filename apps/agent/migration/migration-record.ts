import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { MigrationKind, MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import type { MigrationProgress } from '#generated/lxstack/agent/v1/agent';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { UUID, requireName } from '#libs/common/names';
import { replaceFile } from '../state/atomic-file.js';

/** Files. */
const READ_AT_ONCE = 32;

/** What an agent writes of a move, so that the next agent can end it. */
export interface MigrationRecord {
  migrationId: string;
  end: 'source' | 'target';
  kind: MigrationKind;
  spec: InstanceSpec;
  nextEpoch: number;
  progress: MigrationProgress;
  /** Wall clock, ms: no commit can happen after it. Set when the commit has been asked for. */
  commitDeadline?: number;
  targetVtep?: string;
  token?: string;
}

/** The progress of a move of which nothing is known but its phase. Times are in ms, amounts in bytes. */
export function newProgress(migrationId: string, phase: MigrationPhase): MigrationProgress {
  return {
    migrationId,
    phase,
    memoryBytesTotal: 0,
    memoryBytesProcessed: 0,
    diskBytesTotal: 0,
    diskBytesProcessed: 0,
    failedStep: '',
    reason: '',
    logTail: [],
    timingsMs: {},
    memoryMode: '',
    memoryModeReason: '',
    restoreRetried: '',
    guestBefore: undefined,
    lost: [],
  };
}

/** One JSON file per migration, written beside and moved into place. */
export class MigrationRecords {
  constructor(private readonly directory: string) {}

  async list(): Promise<MigrationRecord[]> {
    const ids = await this.ids();
    const read = async (id: string) => JSON.parse(await readFile(this.file(id), 'utf8')) as MigrationRecord;
    return pLimit(READ_AT_ONCE).map(ids, read);
  }

  /** Ids of the migrations that still have something here. */
  async ids(): Promise<string[]> {
    await mkdir(this.directory, { recursive: true });
    const files = (await readdir(this.directory)).filter((name) => name.endsWith('.json'));
    return files.map((name) => name.slice(0, -'.json'.length));
  }

  async keep(record: MigrationRecord): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    await replaceFile(this.file(record.migrationId), JSON.stringify(record));
  }

  async forget(migrationId: string): Promise<void> {
    await rm(this.file(migrationId), { force: true });
  }

  private file(migrationId: string): string {
    return join(this.directory, `${requireName('migration_id', migrationId, UUID, 'a UUID')}.json`);
  }
}

const order = Object.values(MigrationPhase);

/** Whether `phase` is `mark` or comes after it; the final ones (COMPLETED, FAILED, ABORTED) come after all. */
export const hasReached = (phase: MigrationPhase, mark: MigrationPhase): boolean =>
  order.indexOf(phase) >= order.indexOf(mark);
