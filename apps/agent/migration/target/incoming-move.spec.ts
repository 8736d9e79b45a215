import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MigrationKind, MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { NotFoundError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { createLogger } from '#libs/common/logger';
import { IncomingMove } from './incoming-move.js';
import { MigrationRecords, newProgress } from '../migration-record.js';
import type { MigrationRecord } from '../migration-record.js';
import type { MigrationDeps } from '../movable-instances.js';
import { Migrations } from '../migrations.js';
import { makeMoveDirectory, moveDirectory, moveEnvironment } from '../move-directory.js';

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
      spec: async () => InstanceSpec.create(),
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

  it('a repeated abort undoes what the first one could not', async () => {
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

  for (const kind of [MigrationKind.MIGRATION_KIND_COLD, MigrationKind.MIGRATION_KIND_LIVE])
    it(`leaves nothing of a ${kind} whose instance was deleted meanwhile, however often the abort is repeated`, async () => {
      let deleted = false;
      const gone = (id: string) => Promise.reject(new NotFoundError('Instance', id));
      const instances = {
        writableLayer: () => directory,
        cgroupDirectories: () => ['lxstack-none/m', 'lxstack-none/c'],
        initPid: gone,
        spec: (id: string) => (deleted ? gone(id) : Promise.resolve(InstanceSpec.create())),
        commitIncoming: (id: string) => {
          deleted = true;
          return gone(id);
        },
      };
      const logger = createLogger('test');
      const network = { arriving: () => undefined };
      const deps = {
        instances,
        network,
        logger,
        runDirectory: directory,
        stateDirectory: directory,
      } as unknown as MigrationDeps;
      const migrationId = newId();
      const records = new MigrationRecords(join(directory, 'migrations'));
      const record: MigrationRecord = {
        migrationId,
        end: 'target',
        kind,
        spec: InstanceSpec.create({ id: newId() }),
        nextEpoch: 2,
        progress: newProgress(migrationId, MigrationPhase.MIGRATION_PHASE_AWAIT_COMMIT),
      };
      await records.keep(record);
      await makeMoveDirectory(directory, migrationId);
      await writeFile(join(moveDirectory(directory, migrationId), 'committed'), '');
      const move = new IncomingMove(deps, records, record);
      await move.recover();
      await move.commit();
      assert.ok(move.finished);
      assert.deepEqual(await records.ids(), []);
      assert.equal(existsSync(moveDirectory(directory, migrationId)), false);
      const next = new IncomingMove(deps, records, record); // an agent that had not come so far as to forget it
      await next.recover();
      assert.deepEqual(await records.ids(), []);
    });

  it('ends where its commit hangs and the instance is deleted', async () => {
    let deleted = false;
    const gone = (id: string) => Promise.reject(new NotFoundError('Instance', id));
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const instances = {
      writableLayer: () => directory,
      cgroupDirectories: () => ['lxstack-none/m', 'lxstack-none/c'],
      initPid: async () => 0,
      spec: (id: string) => (deleted ? gone(id) : Promise.resolve(InstanceSpec.create())),
      commitIncoming: async (id: string) => (deleted ? gone(id) : begin()),
    };
    const stateDirectory = join(directory, 'hanging');
    const network = { arriving: () => undefined };
    const deps = { instances, network, logger: createLogger('test'), runDirectory: directory, stateDirectory };
    const migrations = new Migrations(deps as unknown as MigrationDeps);
    const migrationId = newId();
    const spec = InstanceSpec.create({ id: newId() });
    const progress = newProgress(migrationId, MigrationPhase.MIGRATION_PHASE_AWAIT_COMMIT);
    const kind = MigrationKind.MIGRATION_KIND_LIVE;
    await migrations.records.keep({ migrationId, end: 'target', kind, spec, nextEpoch: 2, progress });
    const made = await makeMoveDirectory(directory, migrationId);
    const hanging = spawn('sleep', ['60'], { env: moveEnvironment(made, 'target', []), stdio: 'ignore' });
    await writeFile(join(made, 'committed'), '');
    await writeFile(join(made, 'checkpoint.pid'), String(hanging.pid));
    await migrations.recover();
    await begun;
    await migrations.deleting(spec.id, async (first) => {
      await first();
      deleted = true;
    });
    assert.deepEqual(await migrations.records.ids(), []);
    assert.equal(existsSync(made), false);
    assert.equal(hanging.signalCode ?? (await once(hanging, 'exit'))[1], 'SIGKILL');
  });
});
