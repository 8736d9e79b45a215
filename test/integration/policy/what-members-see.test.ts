import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { status as code } from '@grpc/grpc-js';
import WebSocket from 'ws';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import { Events } from '#libs/operations/events';
import { Operation, OperationStep } from '#libs/operations/operation.entity';
import { ApiWorld } from './api-world.js';
import type { Json, Person } from './api-world.js';
import { activeServer, seedFlavor, seedTenant, serverOf } from './tenant.js';
import type { Tenant } from './tenant.js';

/** What no member may read: a host's name, a path of its agent, its free memory, LXC's log. */
const SECRET = 'Host h1: 17 MiB free; /var/lib/lxstack/h1: lxc_start: no space left';
const LEAK = /h1|h2|17 MiB|\/var\/lib|lxc_start/;

let world: ApiWorld;
let admin: string;
let member: Person;
let stranger: Person;
let tenant: Tenant;
const transitions = new InstanceTransitions();

before(async () => {
  world = await ApiWorld.start();
  admin = await world.admin();
  member = await world.person(admin, 'mia', 'member', 'mine');
  stranger = await world.person(admin, 'otto', 'member', 'other');
  for (const host of ['h1', 'h2']) await world.addHost(host);
  await seedFlavor(world, admin);
  tenant = await seedTenant(world, member, '10.8.0.0/24');
});
after(() => world?.stop());

const active = () => activeServer(world, member.token, tenant, 'h1');
const both = async (path: string) => {
  const [seen, whole] = [
    await world.ask('GET', path, { token: member.token }),
    await world.ask('GET', path, { token: admin }),
  ];
  assert.deepEqual([seen.status, whole.status], [200, 200], `${seen.text} ${whole.text}`);
  return { seen, whole };
};

/** An operation of the server that has failed, with the step that failed. */
async function failedOperation(serverId: string): Promise<Operation> {
  const { manager } = world.database;
  const operation = await manager.findOneByOrFail(Operation, { resourceId: serverId });
  const failure = { step: 'spawn', type: 'AgentFailedError', message: SECRET, details: [SECRET] };
  await manager.update(Operation, { id: operation.id }, { state: 'error', failure, lockedBy: 'worker-h1-17' });
  const step = { name: 'spawn', attempt: 1, startedAt: new Date(), finishedAt: new Date(), result: 'error' };
  await manager.insert(OperationStep, { operationId: operation.id, ...step, message: SECRET });
  return operation;
}

test('a fault: members are told that it failed, admins why', async () => {
  const id = await active();
  const fault = { message: SECRET, type: 'AgentFailedError', details: `h2 too\n${SECRET}` };
  await world.database.transaction((tx) => transitions.setError(tx, id, fault));
  const listed = await world.ask('GET', '/compute/v2.1/servers/detail', { token: member.token });
  assert.doesNotMatch(listed.text, LEAK);
  const { seen, whole } = await both(`/compute/v2.1/servers/${id}`);
  assert.doesNotMatch(seen.text, LEAK);
  assert.equal(whole.body.server!.fault!.details, fault.details);
  assert.match(String(seen.body.server!.fault!.message), /failed/);
  assert.equal(seen.body.server!.fault!.details, undefined);
});

test('a fault without details has its message there, for admins', async () => {
  const id = await active();
  await world.database.transaction((tx) => transitions.setError(tx, id, { message: SECRET }));
  const { seen, whole } = await both(`/compute/v2.1/servers/${id}`);
  assert.doesNotMatch(seen.text, LEAK);
  assert.equal(whole.body.server!.fault!.details, SECRET);
});

test('events of an instance action: neither traceback nor details for members', async () => {
  const id = await active();
  const { requestId } = await failedOperation(id);
  const { seen, whole } = await both(`/compute/v2.1/servers/${id}/os-instance-actions/${requestId}`);
  assert.doesNotMatch(seen.text, LEAK);
  const [event] = seen.body.instanceAction!.events as unknown as Json[];
  assert.deepEqual([event!.result, 'details' in event!, 'traceback' in event!], ['Error', false, false]);
  const [all] = whole.body.instanceAction!.events as unknown as Json[];
  assert.deepEqual([all!.details, all!.traceback], [SECRET, SECRET]);
});

test('fleet operations: members see neither the failure in its own words nor the worker', async () => {
  const { id } = await failedOperation(await active());
  const { seen, whole } = await both(`/fleet/v1/operations/${id}`);
  assert.doesNotMatch(seen.text, LEAK);
  assert.equal(seen.body.operation!.failure!.step, 'spawn');
  assert.equal(whole.body.operation!.failure!.message, SECRET);
  assert.equal(whole.body.operation!.locked_by, 'worker-h1-17');
  assert.doesNotMatch((await both('/fleet/v1/operations')).seen.text, LEAK);
});

test('lists of the fleet refuse a field that they are not narrowed by', async () => {
  for (const path of ['operations?satte=error', 'operations?kind[x]=1', 'hosts?nmae=h1', 'rebalance-plans?x=y']) {
    const answer = await world.ask('GET', `/fleet/v1/${path}`, { token: admin });
    assert.equal(answer.status, 400, `${path}: ${answer.text}`);
    assert.match(answer.text, /Additional properties are not allowed/);
  }
});

test('a page does not begin behind what is of another project', async () => {
  const id = await active();
  const operation = await world.database.manager.findOneByOrFail(Operation, { resourceId: id });
  const ask = (path: string) => world.ask('GET', path, { token: stranger.token });
  assert.equal((await ask(`/fleet/v1/operations?marker=${operation.id}`)).status, 404);
  assert.equal((await ask(`/compute/v2.1/servers?marker=${id}`)).status, 400);
});

test("where another project's things stand in the order of a list is not told", async () => {
  const { networkId, subnetId, imageId } = tenant;
  const own = await seedTenant(world, stranger, '10.6.0.0/24');
  const ports = [member, stranger].map(async ({ token }, n) => {
    const body = { port: { network_id: [networkId, own.networkId][n] } };
    return String((await world.must('POST', '/networking/v2.0/ports', { token, body })).port!.id);
  });
  const [portId] = await Promise.all(ports);
  for (const [path, marker, key] of [
    ['/networking/v2.0/networks', networkId, 'networks'],
    ['/networking/v2.0/subnets', subnetId, 'subnets'],
    ['/networking/v2.0/ports', portId, 'ports'],
    ['/image/v2/images', imageId, 'images'],
  ] as const)
    for (const direction of ['asc', 'desc']) {
      const behind = async (id: string) => {
        const query = `?limit=10&sort_key=name&sort_dir=${direction}&marker=${id}`;
        const { status, text } = await world.ask('GET', `${path}${query}`, { token: stranger.token });
        return { status, text: text.replaceAll(id, 'ID') };
      };
      const answer = await behind(marker!);
      assert.equal(answer.status, key === 'images' ? 400 : 404, `${path} ${direction}`);
      assert.deepEqual(answer, await behind(randomUUID()), 'as of what is not there at all');
    }
});

test('mobility: members learn that a move is impossible, administrators why', async () => {
  const id = await active();
  world.agents.get('h1')!.reasons = [SECRET];
  const { seen, whole } = await both(`/fleet/v1/instances/${id}/mobility`);
  world.agents.get('h1')!.reasons = [];
  assert.doesNotMatch(seen.text, LEAK);
  assert.equal(seen.body.mobility!.live!.possible, false);
  assert.deepEqual(whole.body.mobility!.live!.reasons, [SECRET]);
});

test('an agent that refuses or does not answer: members do not hear which one', async () => {
  const id = await active();
  const ask = { body: { 'os-getConsoleOutput': {} } };
  for (const refusal of [code.UNAVAILABLE, code.FAILED_PRECONDITION, code.INTERNAL, code.NOT_FOUND]) {
    world.agents.get('h1')!.refuse('getConsoleLog', refusal, SECRET, 2);
    const path = `/compute/v2.1/servers/${id}/action`;
    const seen = await world.ask('POST', path, { ...ask, token: member.token });
    const whole = await world.ask('POST', path, { ...ask, token: admin });
    assert.ok(seen.status >= 400 && seen.status === whole.status, `${seen.status} ${whole.status}`);
    assert.doesNotMatch(seen.text, LEAK);
    assert.match(whole.text, /h1/);
  }
});

test('websocket: members do not hear why in the words of a host', async () => {
  const sockets = [member.token, admin].map(
    (token) =>
      new WebSocket(`${world.url.replace('http', 'ws')}/fleet/v1/events`, { headers: { 'X-Auth-Token': token } }),
  );
  await Promise.all(sockets.map((socket) => once(socket, 'open')));
  const id = randomUUID();
  const heard = sockets.map(
    (socket) =>
      new Promise<string>((resolve) =>
        socket.on('message', (data: Buffer) => {
          if (data.toString().includes(id)) resolve(data.toString());
        }),
      ),
  );
  const data = { kind: 'instance.create', state: 'error', error: SECRET, errorType: 'AgentFailedError' };
  world.get(Events).publish({ type: 'operation', id, projectId: member.projectId, data });
  const [seen, whole] = await Promise.all(heard);
  sockets.forEach((socket) => socket.close());
  assert.doesNotMatch(seen!, LEAK);
  assert.match(seen!, /"state":"error"/);
  assert.match(whole!, LEAK);
});

test("members cannot find out by sorting or filtering which servers share a host, or networks' numbers", async () => {
  for (const path of [
    '/compute/v2.1/servers?sort_key=host',
    '/compute/v2.1/servers/detail?sort_key=node',
    '/networking/v2.0/ports?binding:host_id=h1',
    '/networking/v2.0/ports?sort_key=host',
    '/networking/v2.0/networks?provider:segmentation_id=1000',
    '/networking/v2.0/networks?sort_key=vni',
  ]) {
    assert.equal((await world.ask('GET', path, { token: member.token })).status, 403, path);
    assert.equal((await world.ask('GET', path, { token: admin })).status, 200, path);
  }
});

test('a private flavor of another project is not found: neither by a resize nor as a marker', async () => {
  const flavor = { id: 'secret', name: 'm1.secret', ram: 128, vcpus: 1, disk: 1, 'os-flavor-access:is_public': false };
  await world.must('POST', '/compute/v2.1/flavors', { token: admin, body: { flavor } });
  const id = await active();
  const resize = () =>
    world.ask('POST', `/compute/v2.1/servers/${id}/action`, {
      token: member.token,
      body: { resize: { flavorRef: 'secret' } },
    });
  const refused = await resize();
  assert.equal(refused.status, 400, refused.text);
  assert.equal((await world.ask('GET', '/compute/v2.1/flavors?marker=secret', { token: member.token })).status, 400);
  const access = { addTenantAccess: { tenant: member.projectId } };
  await world.must('POST', '/compute/v2.1/flavors/secret/action', { token: admin, body: access });
  assert.equal((await resize()).status, 202);
});

test("no server is placed beside another project's", async () => {
  const theirs = await active();
  const other = await seedTenant(world, stranger, '10.7.0.0/24');
  const create = (hints: object) =>
    world.ask('POST', '/compute/v2.1/servers', {
      token: stranger.token,
      body: { ...serverOf(other), 'os:scheduler_hints': hints },
    });
  for (const hint of ['same_host', 'different_host']) {
    const refused = await create({ [hint]: [theirs] });
    assert.equal(refused.status, 400, refused.text);
    assert.match(refused.text, new RegExp(theirs));
  }
  const own = await create({});
  assert.equal((await create({ same_host: own.body.server!.id })).status, 202);
});
