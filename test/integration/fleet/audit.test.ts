import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { InstanceState } from '#generated/lxstack/agent/v1/types';
import { newId } from '#libs/common/ids';
import type { DifferenceKind } from '#libs/fleet/audit/difference';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import { resyncOf } from '#libs/fleet/leases/resync';
import { caller, WorkflowWorld } from '../support/workflow-world.js';

const RUNNING = InstanceState.INSTANCE_STATE_RUNNING;
const STOPPED = InstanceState.INSTANCE_STATE_STOPPED;

describe('invariant 3: the audit prints every difference', () => {
  let world: WorkflowWorld;
  let id: string;
  before(async () => {
    world = await WorkflowWorld.start('audit', ['h1', 'h2']);
    ({ id } = await world.create('h1'));
    world.killWorkers();
  });
  after(() => world.stop());
  afterEach(async () => assert.deepEqual(await world.differences(), [], 'the difference made was taken back'));

  const query = (sql: string, ...values: unknown[]) => world.database.query(sql, values);
  const found = async (kind: DifferenceKind, pattern: RegExp, count = 1) => {
    const differences = await world.differences();
    const matching = differences.filter(({ message }) => pattern.test(message));
    assert.equal(matching.length, count, JSON.stringify(differences));
    for (const one of matching) assert.equal(one.kind, kind, one.message);
  };
  /** Makes a difference, checks that the audit prints it, and removes it. */
  const seen = async (
    kind: DifferenceKind,
    make: string,
    pattern: RegExp,
    takeBack: string,
    values: unknown[] = [id],
  ) => {
    await query(make, ...values);
    await found(kind, pattern).finally(() => query(takeBack, ...values));
  };
  const agent = (name: string) => world.agents.get(name)!;
  const copy = { epoch: 1, state: STOPPED, memoryBytes: 0 };

  it("a host's sums are not those of its allocations", () =>
    seen(
      'host-sums',
      `UPDATE hosts SET used_memory_mb = used_memory_mb + 1 WHERE name = $1`,
      /^host h1 counts 1 vcpus, 257 MiB, 1 GiB; its allocations are 1, 256, 1$/,
      `UPDATE hosts SET used_memory_mb = used_memory_mb - 1 WHERE name = $1`,
      ['h1'],
    ));

  it('an allocation on another host than its instance, which then has none where it is', async () => {
    const h2 = world.hosts.get('h2')!.id;
    const swap = (host: string) => query('UPDATE allocations SET host_id = $2 WHERE instance_id = $1', id, host);
    await swap(h2);
    await found('allocation', /^allocation of .* on host h2 for instance .*, which is on h1, move none$/);
    await found('allocation-missing', /^instance .* on host h1 has no allocation there$/);
    await found('host-sums', /^host h[12] counts/, 2);
    await swap(world.hosts.get('h1')!.id);
  });

  it('an allocation whose instance is gone, and the copy and port of it', async () => {
    await query('UPDATE instances SET deleted_at = now() WHERE id = $1', id);
    await found('allocation', /^allocation of .* for instance .*, which is gone$/);
    await found('instance-left', /^instance .* is left on host h1 \(INSTANCE_STATE_RUNNING\), which does not own it$/);
    await found('port-host', /^port .* is on h1, its instance .* on none$/);
    await query('UPDATE instances SET deleted_at = NULL WHERE id = $1', id);
  });

  it('a port on another host than its instance', () =>
    seen(
      'port-host',
      'UPDATE ports SET host_id = NULL WHERE device_id = $1',
      /^port .* is on no host, its instance .* on h1$/,
      `UPDATE ports SET host_id = (SELECT host_id FROM instances WHERE id::text = $1) WHERE device_id = $1`,
    ));

  it('a task without an operation', () =>
    seen(
      'task-stranded',
      `UPDATE instances SET task_state = 'rebooting' WHERE id = $1`,
      /^instance .* is rebooting without an operation$/,
      `UPDATE instances SET task_state = NULL WHERE id = $1`,
    ));

  it('an instance in another state, of another epoch, not there at all', async () => {
    const held = agent('h1').instances.get(id)!;
    held.state = STOPPED;
    await found('instance-state', /^instance .* is INSTANCE_STATE_STOPPED on host h1, active in Postgres$/);
    Object.assign(held, { state: RUNNING, epoch: 2 });
    await found('instance-epoch', /^instance .* has epoch 2 on host h1, 1 in Postgres$/);
    held.epoch = 1;
    agent('h1').instances.delete(id);
    await found('instance-missing', /^instance .* should be on host h1 and is not$/);
    agent('h1').instances.set(id, held);
  });

  it('a copy of an instance on a host that does not own it, whether Postgres knows the instance or not', async () => {
    const stranger = newId();
    agent('h2').instances.set(id, copy).set(stranger, copy);
    await found(
      'instance-left',
      /^instance .* is left on host h2 \(INSTANCE_STATE_STOPPED\), which does not own it$/,
      2,
    );
    agent('h2').instances.delete(id);
    agent('h2').instances.delete(stranger);
  });

  it('a host that is up and does not answer', async () => {
    agent('h2').refuse('listInstances', status.INTERNAL, 'out of order');
    await found('host-silent', /^host h2 does not answer: .*out of order/);
  });

  describe('of moves and operations', () => {
    let migration: Migration;
    before(async () => (migration = await world.migrations.migrate(caller, id, { host: 'h2' })));
    after(() => query(`UPDATE instances SET task_state = NULL WHERE id = $1`, id));
    const settle = (state: string) =>
      query('UPDATE operations SET state = $2 WHERE id = $1', migration.operationId, state);

    it('what an unfinished operation changes is no difference', async () => {
      agent('h2').instances.set(id, { ...copy, epoch: 2, state: InstanceState.INSTANCE_STATE_INCOMING });
      agent('h1').instances.get(id)!.state = STOPPED;
      assert.deepEqual(await world.differences(), []);
      agent('h1').instances.get(id)!.state = RUNNING;
      agent('h2').instances.delete(id);
    });

    it('an operation that nobody runs', async () => {
      const old = `UPDATE operations SET state = $2, updated_at = now() - $3::interval WHERE id = $1`;
      await query(old, migration.operationId, 'running', '1 minute');
      await found('operation-stale', /^operation .* \(instance.migrate of .*\) is running and nobody runs it$/);
      await query(old, migration.operationId, 'pending', '3 minutes');
      await found('operation-stale', /^operation .* \(instance.migrate of .*\) is pending and nobody runs it$/);
      await query(old, migration.operationId, 'pending', '0');
    });

    it('a move without an operation, and what hosts still have of it', async () => {
      await settle('error');
      await found('migration-stranded', /^move .* of instance .* is queued without an operation$/);
      await found('task-stranded', /^instance .* is resize_prep without an operation$/);
      await query(`UPDATE instances SET task_state = NULL WHERE id = $1`, id);
      await query(`UPDATE migrations SET status = 'error' WHERE uuid = $1`, migration.uuid);
      agent('h2').migrationIds = [migration.uuid];
      await found('migration-left', /^host h2 still has something of move /);
      agent('h2').migrationIds = [];
    });

    it('a claim that a move left behind', async () => {
      const h2 = world.hosts.get('h2')!.id;
      await query(
        `INSERT INTO allocations (consumer_id, instance_id, host_id, vcpus, memory_mb, disk_gb) VALUES ($1, $2, $3, 0, 0, 0)`,
        ...[migration.uuid, id, h2],
      );
      await found('allocation', /^allocation of .* on host h2 for instance .*, which is on h1, move error$/);
      await query('DELETE FROM allocations WHERE consumer_id = $1', migration.uuid);
    });

    it('what a host holds while an operation tells it what it lost is no difference', async () => {
      const host = world.hosts.get('h2')!.id;
      agent('h2').instances.set(id, copy);
      const { id: resync } = await world.operations.transact((_tx, create) => create(resyncOf(host)));
      assert.deepEqual(await world.differences(), []);
      await query(`UPDATE operations SET state = 'error' WHERE id = $1`, resync);
      await found('instance-left', /^instance .* is left on host h2/);
      agent('h2').instances.delete(id);
    });
  });
});
