import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MigrationKind, MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { newId } from '#libs/common/ids';
import { createLogger } from '#libs/common/logger';
import { IncomingMove } from './incoming-move.js';
import { MigrationRecords, newProgress } from './migration-record.js';
import type { MigrationDeps } from './movable-instances.js';

describe('the target of a move that is committed', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lxstack-incoming-'));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it('carries the commit out when it is told again, where it failed the first time', async () => {
    const tries: string[] = [];
    const instances = {
      writableLayer: () => directory,
      commitIncoming: (_id: string, epoch: number, state: string) => {
        tries.push(`${state} at epoch ${epoch}`);
        return tries.length === 1 ? Promise.reject(new Error('no space left on device')) : Promise.resolve();
      },
    };
    const logger = createLogger('test');
    const deps = { instances, logger, runDirectory: directory, stateDirectory: directory } as unknown as MigrationDeps;
    const migrationId = newId();
    const move = new IncomingMove(deps, new MigrationRecords(join(directory, 'migrations')), {
      migrationId,
      end: 'target',
      kind: MigrationKind.MIGRATION_KIND_COLD,
      spec: InstanceSpec.create({ id: newId() }),
      nextEpoch: 2,
      progress: newProgress(migrationId, MigrationPhase.MIGRATION_PHASE_AWAIT_COMMIT),
    });
    await assert.rejects(move.commit(), /no space left/);
    await assert.rejects(move.abort('too late'), /has been committed/);
    await move.commit();
    assert.deepEqual(tries, ['stopped at epoch 2', 'stopped at epoch 2']);
    assert.equal(move.record.progress.phase, MigrationPhase.MIGRATION_PHASE_COMPLETED);
    await move.commit();
    assert.equal(tries.length, 2, 'done once is done');
  });

  it('undoes what it could not undo at first when it is told again', async () => {
    const tries: string[] = [];
    const instances = {
      writableLayer: () => directory,
      initPid: async () => 0,
      cgroupDirectories: () => [],
      discardIncoming: (id: string) => {
        tries.push(id);
        return tries.length === 1 ? Promise.reject(new Error('device or resource busy')) : Promise.resolve();
      },
    };
    const network = { detach: async () => {} };
    const logger = createLogger('test');
    const deps = { instances, network, logger, runDirectory: directory, stateDirectory: directory };
    const migrationId = newId();
    const records = new MigrationRecords(join(directory, 'migrations'));
    const move = new IncomingMove(deps as unknown as MigrationDeps, records, {
      migrationId,
      end: 'target',
      kind: MigrationKind.MIGRATION_KIND_COLD,
      spec: InstanceSpec.create({ id: newId() }),
      nextEpoch: 2,
      progress: newProgress(migrationId, MigrationPhase.MIGRATION_PHASE_PREPARED),
    });
    await records.keep(move.record);
    await assert.rejects(move.abort('off'), /busy/);
    await assert.rejects(move.commit(), /not waiting for a commit/);
    assert.deepEqual(await records.ids(), [migrationId]);
    await move.abort('off');
    await move.abort('off');
    assert.equal(tries.length, 2, 'done once is done');
    assert.deepEqual(await records.ids(), []);
  });
});
