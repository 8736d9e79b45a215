import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { NotFoundError } from '#libs/common/errors';
import { UUID, requireName } from '#libs/common/names';
import { writeAtomically } from './atomic-file.js';

export type RecordedState = 'stopped' | 'running' | 'paused' | 'incoming' | 'outgoing' | 'broken';

/** What the agent keeps of an instance over restarts of the agent and of the host. */
export interface InstanceRecord {
  spec: InstanceSpec;
  epoch: number;
  state: RecordedState;
  /** Why the instance is in its state, where no operation asked for it. */
  reason: string;
  /** It is stopped because its guest has ended, not by a call. */
  ended?: boolean;
  /** The spec from before a resize on this host that waits for confirm or revert; the disk lies beside, in `kept`. */
  kept?: { migrationId: string; spec: InstanceSpec };
}

/** This host's instances, in `instances/ID/instance.json` and in memory. A change is written before it is answered. */
export class InstanceRecords {
  private readonly records = new Map<string, InstanceRecord>();

  private constructor(readonly directory: string) {}

  /** Reads every record. */
  static async open(stateDirectory: string): Promise<InstanceRecords> {
    const records = new InstanceRecords(join(stateDirectory, 'instances'));
    await mkdir(records.directory, { recursive: true, mode: 0o711 });
    for (const id of (await readdir(records.directory)).filter((name) => UUID.test(name))) {
      const text = await readFile(records.file(id), 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined; // an agent died before the first record; the repeated create goes on
        throw error;
      });
      if (text) records.records.set(id, JSON.parse(text) as InstanceRecord);
    }
    return records;
  }

  /** The instance's record; undefined where this host does not have it. */
  find(id: string): InstanceRecord | undefined {
    return this.records.get(id);
  }

  /** Throws NotFoundError. */
  get(id: string): InstanceRecord {
    const record = this.records.get(id);
    if (!record) throw new NotFoundError('Instance', id);
    return record;
  }

  /** Ids of this host's instances, in order. */
  ids(): string[] {
    return [...this.records.keys()].sort();
  }

  /** Folder of an instance's record and disk. Throws InvalidInputError for what is no UUID. */
  folder(id: string): string {
    return join(this.directory, requireName('instance_id', id, UUID, 'a UUID'));
  }

  /** Writes the record; durable when it resolves. */
  async keep(record: InstanceRecord): Promise<void> {
    await writeAtomically(this.file(record.spec.id), JSON.stringify(record));
    this.records.set(record.spec.id, record);
  }

  /** Removes the instance's folder and record. */
  async forget(id: string): Promise<void> {
    await rm(this.folder(id), { recursive: true, force: true });
    this.records.delete(id);
  }

  private file(id: string): string {
    return join(this.folder(id), 'instance.json');
  }
}
