import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Caller } from '#libs/common/caller';
import { newId } from '#libs/common/ids';
import type { Migration } from '#libs/mobility/migrations/migration.entity';
import { Network } from '#libs/networking/networks/network.entity';
import { Port } from '#libs/networking/ports/port.entity';
import { InstancePorts } from '#libs/networking/ports/instance-ports.service';
import { Ports } from '#libs/networking/ports/ports.service';
import { PortBindings1764720000000 } from '../../../migrations/1764720000000-port-bindings.js';
import { ArrivingHosts1765600000000 } from '../../../migrations/1765600000000-arriving-hosts.js';
import { HostNetworksByIndex1765610000000 } from '../../../migrations/1765610000000-host-networks-by-index.js';
import { caller, WorkflowWorld } from '../support/workflow-world.js';

const stranger: Caller = { ...caller, userId: 'mallory', projectId: 'other', roles: ['member'], isAdmin: false };

describe('ports that name the server of another project', () => {
  let world: WorkflowWorld;
  let ports: Ports;
  before(async () => {
    world = await WorkflowWorld.start('port-bind', ['h1', 'h2']);
    ports = new Ports(world.database, world.operations);
    await world.database.manager.update(Network, { id: world.tenant.networkId }, { shared: true });
    await world.database.query(
      `UPDATE subnets SET allocation_pools = '[{"start": "10.9.0.100", "end": "10.9.0.200"}]'`,
    );
  });
  after(() => world.stop());

  const portsOf = async (instanceId: string) =>
    (await world.database.manager.findBy(Port, { instanceId })).map(({ id }) => id);

  /** Makes one port that names the instance from its creation on, and one that is changed to name it. */
  async function name(instanceId: string): Promise<Port[]> {
    const { networkId } = world.tenant;
    const device = { deviceId: instanceId, deviceOwner: 'compute:nova' };
    const posted = await ports.create(stranger, { networkId, ...device });
    const plain = await ports.create(stranger, { networkId });
    return [posted, await ports.update(stranger, plain.id, device)];
  }

  const done = async (kind: string, task: string, id: string, input: object = {}) =>
    assert.equal((await world.run(id, kind, task, input)).state, 'done', kind);

  async function moved(migration: Migration): Promise<void> {
    const { operation } = await world.ended(migration);
    assert.equal(operation.state, 'done', JSON.stringify(operation.failure));
  }

  it('it starts, reboots, is rebuilt and moves with its own NICs alone', async () => {
    const { id } = await world.create('h1');
    const own = await portsOf(id);
    const strangers = await name(id);
    const told = (host: string) => world.agents.get(host)!.ports.get(id);

    await done('instance.stop', 'powering-off', id);
    await done('instance.start', 'powering-on', id);
    assert.deepEqual(told('h1'), own, 'start');
    await done('instance.reboot', 'rebooting', id, { hard: false });
    assert.deepEqual(told('h1'), own, 'reboot');
    const { imageId } = world.tenant;
    await done('instance.rebuild', 'rebuilding', id, { imageId, previousImageId: imageId, start: true });
    assert.deepEqual(told('h1'), own, 'rebuild');
    await moved(await world.migrations.liveMigrate(caller, id, { host: 'h2' }));
    assert.deepEqual(told('h2'), own, 'live move');
    for (const { id: portId } of strangers) {
      const port = await ports.get(stranger, portId);
      assert.deepEqual([port.hostId, port.status, port.instanceId], [null, 'DOWN', null], 'bound to nothing');
      await ports.delete(stranger, portId);
    }
    await world.audit();
  });

  it('a server without networks gets none of them', async () => {
    const { instanceId: id, operationId } = await world.begin('h1');
    await world.database.transaction((tx) => new InstancePorts().releaseForInstance(tx, id));
    await name(id);
    assert.equal((await world.operations.waitFor(operationId, 120_000)).state, 'done');
    await done('instance.reboot', 'rebooting', id, { hard: true });
    assert.deepEqual(world.agents.get('h1')!.ports.get(id), []);
    await world.audit();
  });

  it('the port of a server keeps its device and its address, whoever asks', async () => {
    const { id } = await world.create('h1');
    const [portId] = await portsOf(id);
    for (const change of [{ deviceOwner: '' }, { deviceId: '' }, { deviceId: newId() }, { deviceOwner: 'network:x' }])
      await assert.rejects(ports.update(caller, portId!, change), { name: 'PortInUseError' });
    await assert.rejects(ports.delete(caller, portId!), { name: 'PortInUseError' });
    const same = await ports.update(caller, portId!, { name: 'n', deviceId: id, deviceOwner: 'compute:nova' });
    assert.deepEqual([same.name, same.instanceId], ['n', id]);
    const [{ count }] = await world.database.query<[{ count: string }]>(
      'SELECT count(*) FROM ip_allocations WHERE port_id = $1',
      [portId],
    );
    assert.equal(count, '1');
  });

  it('the migration binds what belongs together, and what the release before writes meanwhile', async () => {
    const { id } = await world.create('h1');
    const own = await portsOf(id);
    const strangers = await name(id);
    const runner = world.database.createQueryRunner();
    const bindings = new PortBindings1764720000000();
    const views = [new ArrivingHosts1765600000000(), new HostNetworksByIndex1765610000000()]; // they read the column
    for (const migration of views.toReversed()) await migration.down(runner);
    await bindings.down(runner);
    const hostId = world.hostId('h1');
    await runner.query('UPDATE ports SET host_id = $2 WHERE device_id = $1', [id, hostId]);
    await bindings.up(runner);
    for (const migration of views) await migration.up(runner);
    assert.deepEqual(await portsOf(id), own);
    assert.equal((await ports.get(stranger, strangers[0]!.id)).hostId, null);

    const [{ id: taken }] = strangers as [Port];
    const set = 'UPDATE ports SET device_id = $2, device_owner = $3, device_index = $4 WHERE id = $1';
    await runner.query(set, [taken, id, 'compute:nova', 1]);
    assert.deepEqual((await portsOf(id)).sort(), [...own, taken].sort(), 'an old process plugs a port');
    await runner.query(set, [taken, '', '', 0]);
    assert.deepEqual(await portsOf(id), own, 'an old process unplugs it');
    await runner.query('UPDATE ports SET device_id = $2, device_owner = $3 WHERE id = $1', [taken, id, 'compute:nova']);
    assert.deepEqual(await portsOf(id), own, 'a user of an old process plugs nothing');
    await runner.release();
  });
});
