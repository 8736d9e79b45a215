import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { GuestHealth } from '#generated/lxstack/agent/v1/guest';
import type { GuestHealth as Recorded } from '#libs/mobility/health/guest-health';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import type { Event } from '#libs/operations/events';
import type { Operation } from '#libs/operations/operation.entity';
import { rpcError } from '../support/fake-agent/rpc-error.js';
import { LiveMoves } from '../support/live-moves.js';
import { operator } from '../support/operator.js';
import { caller } from '../support/workflow-world.js';
import type { WorkflowWorld } from '../support/workflow-world.js';

const spinning = { id: 7, name: 'systemd-journal (pid 7, systemd-journald.service)', wanted: 0.99, ran: 0.4 };
const well: GuestHealth = { ...GuestHealth.create(), running: true, init: 'systemd', initAnswers: true };
const patienceMs = 120_000;

describe('the look at a guest after its move', () => {
  let world: WorkflowWorld;
  let moves: LiveMoves;
  before(async () => {
    moves = await LiveMoves.start('wf-health');
    ({ world } = moves);
  });
  after(() => world.stop());
  afterEach(() => moves.settled());

  const agent = (name: string) => world.agents.get(name)!;
  const recordOf = (uuid: string) => world.database.manager.findOneByOrFail(Migration, { uuid });

  /** The look at this move, when it has ended, and what it has left in the record. */
  async function looked(uuid: string): Promise<{ look: Operation; health: Recorded | null; migration: Migration }> {
    const [{ id }] = await world.operations.list({ resourceType: 'migration-health', resourceId: uuid });
    const look = await world.operations.waitFor(id, patienceMs);
    const migration = await recordOf(uuid);
    return { look, health: migration.health, migration };
  }

  it('is after the move, and its findings stand in the record: what spins since, limits, units', async () => {
    const { id } = await world.create('h1');
    agent('h1').migrations.guestBefore = { seconds: 0.3, busy: [], tasks: [1, 7] };
    let seenAt: Promise<Migration> | undefined;
    agent('h2').guestHealth = ({ instanceId }) => {
      assert.equal(instanceId, id);
      seenAt = recordOf(uuid);
      const limits = [{ name: 'memory.max', expected: 4096, found: 0 }];
      const failedUnits = [{ name: 'web.service', secondsAgo: 0 }];
      return { ...well, cpu: { seconds: 3, busy: [spinning], tasks: [1, 7] }, limits, failedUnits };
    };
    const told = Promise.withResolvers<Event>();
    const forget = await world.events.subscribe((event) => {
      if (event.type === 'migration' && 'health' in event.data) told.resolve(event);
    });
    const { uuid, operationId } = await world.migrations.liveMigrate(caller, id, { host: 'h2' });
    await world.operations.waitFor(operationId, patienceMs);
    const ended = await recordOf(uuid);
    assert.deepEqual([ended.status, ended.health], ['completed', null], 'the move does not wait for it');
    const { look, health, migration } = await looked(uuid);
    assert.equal(look.state, 'done', JSON.stringify(look.failure));
    assert.equal((await seenAt!).status, 'completed');
    assert.equal(health!.well, false);
    assert.deepEqual(health!.cpu.spinning, [{ name: spinning.name, before: 0, now: 0.99, ran: 0.4 }]);
    assert.equal(health!.findings.length, 3, health!.findings.join(' '));
    assert.deepEqual(health!.cpu.tasks, [{ name: spinning.name, before: 0, now: 0.99 }]);
    assert.deepEqual(migration.updatedAt, ended.updatedAt, 'a move has ended when it has ended');
    const event = await told.promise;
    forget();
    assert.equal(event.id, uuid);
    assert.deepEqual((event.data.health as Recorded).findings, health!.findings, 'the event says the same');
  });

  it('finds a guest well that does what it did', async () => {
    const { id } = await world.create('h1');
    agent('h1').migrations.guestBefore = { seconds: 0.3, busy: [spinning], tasks: [7] };
    agent('h2').guestHealth = () => ({ ...well, cpu: { seconds: 3, busy: [spinning], tasks: [7] } });
    const { migration } = await moves.live(id);
    const { health } = await looked(migration.uuid);
    assert.deepEqual([health!.well, health!.findings], [true, []]);
    assert.deepEqual(migration.lost, []);
  });

  it('stands beside what the source says that did not go along', async () => {
    const { id } = await world.create('h1');
    const lost = [{ kind: 'keyring', what: 'keys are gone', holders: ['User 0'], count: 1 }];
    agent('h1').migrations.lost = lost;
    agent('h2').guestHealth = () => well;
    const { migration } = await moves.live(id);
    assert.deepEqual((await looked(migration.uuid)).migration.lost, lost);
    assert.deepEqual((await world.migrations.show(operator, migration.uuid)).lost, lost);
  });

  it('leaves the record empty where the agent has no such call yet', async () => {
    const { id } = await world.create('h1');
    const { migration } = await moves.live(id);
    const { look, health } = await looked(migration.uuid);
    assert.deepEqual([look.state, health], ['done', null]);
  });

  it('outlives its worker, and an agent that does not answer for a while', async () => {
    const { id } = await world.create('h1');
    agent('h2').guestHealth = () => well;
    agent('h2').refuse('getGuestHealth', status.UNAVAILABLE, 'not now', 1);
    const killed = Promise.withResolvers<void>();
    agent('h2').onCall = (called) => {
      if (called !== 'getGuestHealth') return;
      agent('h2').onCall = () => {};
      world.killWorkers();
      void world.startWorker().then(() => killed.resolve());
    };
    const { migration } = await moves.live(id);
    await killed.promise;
    const { look, health } = await looked(migration.uuid);
    assert.deepEqual([look.state, health?.well], ['done', true]);
  });

  it('says nothing of a server that was stopped meanwhile', async () => {
    const { id } = await world.create('h1');
    const setPower = (state: number) =>
      world.database.query('UPDATE instances SET power_state = $2 WHERE id = $1', [id, state]);
    let stopping: Promise<unknown> | undefined;
    let stopped = false;
    agent('h2').guestHealth = () => {
      stopping ??= setPower(4).then(() => (stopped = true));
      if (!stopped) throw rpcError(status.UNAVAILABLE, 'not now');
      return GuestHealth.create();
    };
    const { migration } = await moves.live(id);
    assert.equal((await looked(migration.uuid)).health, null);
    await setPower(1);
  });
});
