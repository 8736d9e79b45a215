import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiWorld } from '../policy/api-world.js';

let world: ApiWorld;
let admin: string;
before(async () => {
  world = await ApiWorld.start();
  admin = await world.admin();
});
after(() => world.stop());

const post = (path: string, body: unknown, token = admin) => world.ask('POST', `/fleet/v1${path}`, { token, body });

test('a join token is for a host that is new, or by name for one that may join again', async () => {
  await world.addHost('h1');
  assert.equal((await post('/join-tokens', {})).status, 201);
  assert.equal((await post('/join-tokens', { hostname: 'h2' })).status, 201);
  const known = await post('/join-tokens', { hostname: 'h1' });
  assert.equal(known.status, 409);
  assert.match(known.text, /Host h1 has joined already/);
  assert.equal((await post('/join-tokens', { hostname: 'h1', re_enrol: true })).status, 201);
  for (const body of [
    { hostname: '../h1' },
    { re_enrol: true },
    { hostname: 'h3', re_enrol: 'perhaps' },
    { host: 'h3' },
  ])
    assert.equal((await post('/join-tokens', body)).status, 400, JSON.stringify(body));
});

test('an operator revokes a host: it gets nothing new; members may not', async () => {
  await world.addHost('h4');
  const member = await world.person(admin, 'member', 'member', 'members');
  assert.equal((await post('/hosts/h4/revoke', undefined, member.token)).status, 403);
  assert.equal((await post('/join-tokens', {}, member.token)).status, 403);
  assert.equal((await post('/hosts/nobody/revoke', undefined)).status, 404);
  const { status, body } = await post('/hosts/h4/revoke', undefined);
  assert.equal(status, 200);
  assert.ok(body.host!.revoked_at);
  assert.deepEqual([body.host!.enabled, body.host!.disabled_reason], [false, 'revoked']);
});

test('an operator sees the desired state of a host; one that never followed has acknowledged nothing', async () => {
  await world.addHost('h5');
  const get = (host: string) => world.ask('GET', `/fleet/v1/hosts/${host}/desired-state`, { token: admin });
  assert.equal((await get('nobody')).status, 404);
  const { status, body } = await get('h5');
  assert.equal(status, 200);
  const { wanted_revision: wanted, ...state } = body.desired_state as Record<string, unknown>;
  assert.match(String(wanted), /^[0-9a-f-]{36}\/\d+:\d+:/);
  assert.deepEqual(state, {
    host: 'h5',
    follows: false,
    in_sync: true,
    acknowledged_revision: null,
    acknowledged_at: null,
    pending_changes: 0,
    failures: [],
    mended: [],
    mended_at: null,
    document: { networks: 0, subnets: 0, ports: 0, peers: 0, largest: [] },
  });
});
