import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { status as GrpcStatus } from '@grpc/grpc-js';
import { Instance } from '#libs/compute/instances/instance.entity';
import { Host } from '#libs/fleet/hosts/host.entity';
import { MoveEligibility } from '#libs/mobility/eligibility/move-eligibility';
import { Drains } from '#libs/mobility/drain/drains.service';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import { Migrations } from '#libs/mobility/migrations/migrations.service';
import { Operation } from '#libs/operations/operation.entity';
import { admin, member } from '../support/compute-api.js';
import type { ComputeApi } from '../support/compute-api.js';
import { ServersApi } from '../support/servers-api.js';

let servers: ServersApi;
let api: ComputeApi;

before(async () => {
  servers = await ServersApi.start();
  ({ api } = servers);
  for (const [name, disk] of [
    ['larger', 2],
    ['diskless', 0],
  ] as const) {
    const flavor = { id: name, name, ram: 64, vcpus: 1, disk };
    assert.equal((await api.ask(admin, 'POST', '/flavors', { flavor })).status, 200);
  }
});
after(() => servers?.stop());

const act = (id: string, action: object, caller = admin) => api.ask(caller, 'POST', `/servers/${id}/action`, action);

async function assertUntouched(id: string): Promise<void> {
  assert.equal(await api.database.manager.countBy(Migration, { instanceId: id }), 0, 'no row');
  assert.equal(await api.database.manager.countBy(Operation, { resourceId: id, kind: 'instance.migrate' }), 0);
  const { vmState, taskState } = await api.database.manager.findOneByOrFail(Instance, { id });
  assert.deepEqual([vmState, taskState], ['active', null]);
}

test('a cold move or resize from a host that is down, or whose agent does not answer, is 409 at once', async () => {
  const id = await servers.active();
  const refused = async () => {
    for (const [action, caller] of [
      [{ migrate: null }, admin],
      [{ resize: { flavorRef: 'larger' } }, member],
    ] as const) {
      const answer = await act(id, action, caller);
      assert.equal(answer.status, 409, JSON.stringify(answer.body));
      assert.doesNotMatch(JSON.stringify(answer.body), /h1/, 'members learn no host names');
    }
    await assertUntouched(id);
    const instance = await api.database.manager.findOneByOrFail(Instance, { id });
    const { cold } = await api.get(MoveEligibility).report(instance);
    assert.equal(cold.possible, false, 'its mobility says the same');
    assert.match(cold.reasons.join(), /h1 is down|agent of h1 does not answer/);
  };
  await api.database.manager.update(Host, { name: 'h1' }, { forcedDown: true });
  await refused();
  await api.database.manager.update(Host, { name: 'h1' }, { forcedDown: false });
  const agent = api.agents.get('h1')!;
  agent.refuse('checkMigration', GrpcStatus.UNAVAILABLE, 'no connection', 4);
  await refused();
  agent.reset();
  assert.equal((await act(id, { migrate: null })).status, 202);
});

test('a cold move from a host that is disabled is 409 at once; a resize is not, nor a move that a batch makes', async () => {
  const [id, resized, drained] = [await servers.active(), await servers.active(), await servers.active()];
  await api.database.manager.update(Host, { name: 'h1' }, { enabled: false, disabledReason: 'new memory' });
  try {
    const answer = await act(id, { migrate: null });
    assert.equal(answer.status, 409, JSON.stringify(answer.body));
    assert.match(JSON.stringify(answer.body), /is disabled\. Enable it, or drain the host/);
    await assertUntouched(id);
    const { cold } = await api
      .get(MoveEligibility)
      .report(await api.database.manager.findOneByOrFail(Instance, { id }));
    assert.deepEqual(cold, { possible: false, reasons: ['Host h1 is disabled: new memory.'] });
    assert.equal((await act(resized, { resize: { flavorRef: 'larger' } }, member)).status, 202);
    await api.get(Migrations).migrate(admin, drained, { checkLater: true });
  } finally {
    await api.database.manager.update(Host, { name: 'h1' }, { enabled: true, disabledReason: null });
  }
  assert.equal((await act(id, { migrate: null })).status, 202);
});

test('a resize to a flavor whose disk is 0 makes the disk smaller: 400', async () => {
  const id = await servers.active();
  const answer = await act(id, { resize: { flavorRef: 'diskless' } }, member);
  assert.equal(answer.status, 400, JSON.stringify(answer.body));
  assert.match(JSON.stringify(answer.body), /flavorRef/);
  await assertUntouched(id);
});

test('os-resetState leaves an instance action', async () => {
  const id = await servers.active();
  assert.equal((await act(id, { 'os-resetState': { state: 'error' } })).status, 202);
  const { body } = await api.ask(admin, 'GET', `/servers/${id}/os-instance-actions`);
  const actions = (body.instanceActions as { action: string; user_id: string; message: null }[]).filter(
    ({ action }) => action === 'resetState',
  );
  assert.deepEqual(
    actions.map(({ user_id, message }) => [user_id, message]),
    [[admin.userId, null]],
  );
  const operation = await api.database.manager.findOneByOrFail(Operation, {
    resourceId: id,
    kind: 'instance.reset-state',
  });
  assert.deepEqual([operation.state, operation.finishedAt !== null], ['done', true]);
});

test('a host that is being drained takes servers again only when the drain was aborted', async () => {
  const { id, name } = await api.database.manager.findOneByOrFail(Host, { name: 'h2' });
  const input = { live: 'require' as const, parallel: 2, timeoutSeconds: 60 };
  const drain = await api.get(Drains).begin(admin, id, input);
  for (const enable of [
    () => api.ask(admin, 'PUT', `/os-services/${id}`, { status: 'enabled' }),
    () => api.ask(admin, 'PUT', '/os-services/enable', { host: name, binary: 'nova-compute' }, 52),
  ]) {
    const answer = await enable();
    assert.equal(answer.status, 409, JSON.stringify(answer.body));
    assert.match(JSON.stringify(answer.body), /abort/);
  }
  assert.equal((await api.database.manager.findOneByOrFail(Host, { id })).enabled, false);
  await api.database.manager.update(Operation, { id: drain.operation.id }, { state: 'cancelled' });
  assert.equal((await api.ask(admin, 'PUT', `/os-services/${id}`, { status: 'enabled' })).status, 200);
});
