import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { NotFoundError } from '#libs/common/errors';
import { UUID, requireName } from '#libs/common/names';
import { writeAtomically } from './atomic-file.js';

export type RecordedState = 'stopped' | 'running' | 'paused' | 'incoming' | 'outgoing' | 'broken';

/** What is kept of an instance over restarts of the agent and of the host. */
export interface InstanceRecord {
  spec: InstanceSpec;
  epoch: number;
  state: RecordedState;
  /** Why it is as it is, where no operation asked for it. */
  reason: string;
  /** What it was before a resize on this host that waits for confirm or revert; its disk lies beside, in `kept`. */
  kept?: { migrationId: string; spec: InstanceSpec };
}

/** The records of this host: `instances/ID/instance.json`, held in memory, written before a change is answered. */
export class InstanceRecords {
  private readonly records = new Map<string, InstanceRecord>();

  private constructor(readonly directory: string) {}

  static async open(stateDirectory: string): Promise<InstanceRecords> {
    const records = new InstanceRecords(join(stateDirectory, 'instances'));
    await mkdir(records.directory, { recursive: true, mode: 0o711 });
    for (const id of (await readdir(records.directory)).filter((name) => UUID.test(name))) {
      const text = await readFile(records.file(id), 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined; // died before the first record: a repeated create goes on
        throw error;
      });
      if (text) records.records.set(id, JSON.parse(text) as InstanceRecord);
    }
    return records;
  }

  find(id: string): InstanceRecord | undefined {
    return this.records.get(id);
  }

  get(id: string): InstanceRecord {
    const record = this.records.get(id);
    if (!record) throw new NotFoundError('Instance', id);
    return record;
  }

  ids(): string[] {
    return [...this.records.keys()].sort();
  }

  folder(id: string): string {
    return join(this.directory, requireName('instance_id', id, UUID, 'a UUID'));
  }

  async keep(record: InstanceRecord): Promise<void> {
    await writeAtomically(this.file(record.spec.id), JSON.stringify(record));
    this.records.set(record.spec.id, record);
  }

  async forget(id: string): Promise<void> {
    await rm(this.folder(id), { recursive: true, force: true });
    this.records.delete(id);
  }

  private file(id: string): string {
    return join(this.folder(id), 'instance.json');
  }
}
