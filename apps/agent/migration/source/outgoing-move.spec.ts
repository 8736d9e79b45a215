import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MigrationKind, MigrationPhase, SendMigrationRequest } from '#generated/lxstack/agent/v1/agent';
import { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { newId } from '#libs/common/ids';
import { createLogger } from '#libs/common/logger';
import { MigrationRecords, newProgress } from '../migration-record.js';
import type { MigrationDeps } from '../movable-instances.js';
import { moveDirectory } from '../move-directory.js';
import { OutgoingSlots } from './outgoing-slots.js';
import { OutgoingMove } from './outgoing-move.js';

describe('the source of a move whose agent died', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lxstack-outgoing-'));
  });
  after(() => rm(directory, { recursive: true }));

  it('never reports AWAIT_COMMIT before the commit was asked for, even where its record says so', async () => {
    const migrationId = newId();
    const spec = InstanceSpec.create({ id: newId() });
    const instances = { initPid: async () => 0 };
    const logger = createLogger('test');
    const deps = { instances, logger, runDirectory: directory, stateDirectory: directory } as unknown as MigrationDeps;
    const records = new MigrationRecords(join(directory, 'migrations'));
    const progress = newProgress(migrationId, MigrationPhase.MIGRATION_PHASE_AWAIT_COMMIT);
    const record = {
      migrationId,
      end: 'source' as const,
      kind: MigrationKind.MIGRATION_KIND_LIVE,
      spec,
      nextEpoch: 2,
      progress,
    };
    await mkdir(join(moveDirectory(directory, migrationId), 'images'), { recursive: true });
    const move = new OutgoingMove(
      deps,
      records,
      record,
      SendMigrationRequest.create({ migrationId }),
      new OutgoingSlots(),
    );
    const recovered = move.recover();
    assert.equal(progress.phase, MigrationPhase.MIGRATION_PHASE_RESTORE, 'from the first moment on');
    await assert.rejects(move.commit(), /not waiting for a commit/);
    await recovered;
    assert.equal(progress.phase, MigrationPhase.MIGRATION_PHASE_ABORTED);
    assert.deepEqual(await records.ids(), []);
  });
});
