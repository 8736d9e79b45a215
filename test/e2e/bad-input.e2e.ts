import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Method } from '#apps/cli/client/api';
import type { Server } from '#apps/cli/client/compute';
import { TestFleet } from './fleet/test-fleet.js';

const nobody = '00000000-0000-4000-8000-000000000000';
let fleet: TestFleet;
let server: Server;

before(async () => {
  fleet = await TestFleet.open();
  server = await fleet.running('e2e-bad-input');
});
after(async () => {
  await fleet.remove(server.id);
  await fleet.assertAudited();
  fleet.close();
});

interface Exchange {
  name: string;
  method: Method;
  path: string;
  body?: (fleet: TestFleet) => unknown;
  status: number;
  /** What the answer must name. */
  says?: RegExp;
}

const compute = '/compute/v2.1';
const valid = (fleet: TestFleet) => ({
  name: 'e2e-bad',
  imageRef: fleet.images.busybox,
  flavorRef: fleet.flavorId,
  networks: [{ uuid: fleet.networkId }],
});
const create = (name: string, wrong: object, status: number, says?: RegExp): Exchange => ({
  name: `create a server with ${name}`,
  method: 'POST',
  path: `${compute}/servers`,
  body: (fleet) => ({ server: { ...valid(fleet), ...wrong } }),
  status,
  says,
});
const action = (name: string, body: object, status: number, says?: RegExp): Exchange => ({
  name: `action ${name}`,
  method: 'POST',
  path: `${compute}/servers/SERVER/action`,
  body: () => body,
  status,
  says,
});
const get = (what: string, path: string): Exchange => ({
  name: `show ${what} that is not`,
  method: 'GET',
  path,
  status: 404,
});

const exchanges: Exchange[] = [
  get('a server', `${compute}/servers/${nobody}`),
  get('a flavor', `${compute}/flavors/${nobody}`),
  get('an image', `/image/v2/images/${nobody}`),
  get('a network', `/networking/v2.0/networks/${nobody}`),
  get('a port', `/networking/v2.0/ports/${nobody}`),
  get('a project', `/identity/v3/projects/${nobody.replaceAll('-', '')}`),
  get('a path', `${compute}/nothing-here`),
  { name: 'delete a server that is not', method: 'DELETE', path: `${compute}/servers/${nobody}`, status: 404 },
  create('no name', { name: undefined }, 400, /name/),
  create('an empty name', { name: '' }, 400, /name/),
  create('a name of 300 characters', { name: 'x'.repeat(300) }, 400, /name/),
  create('a number for a name', { name: 7 }, 400, /name/),
  create('an image that is no id', { imageRef: 'no-such-image' }, 400, /image/i),
  create('an image that is not', { imageRef: nobody }, 400, /image/i),
  create('a flavor that is not', { flavorRef: nobody }, 400, /flavor/i),
  create('a network that is not', { networks: [{ uuid: nobody }] }, 400, /network/i),
  create('networks of a wrong type', { networks: 'all' }, 400, /networks/),
  create('a key it does not know', { colour: 'red' }, 400, /colour/),
  create('more servers than one request makes', { max_count: 1_001 }, 400, /max_count/),
  create('a maximum below the minimum', { min_count: 3, max_count: 2 }, 400, /min_count|max_count/),
  {
    name: 'a body that is no JSON',
    method: 'POST',
    path: `${compute}/servers`,
    body: () => '{"server": ',
    status: 400,
  },
  {
    name: 'a body without its object',
    method: 'POST',
    path: `${compute}/servers`,
    body: () => ({}),
    status: 400,
    says: /server/,
  },
  action('start of a running server', { 'os-start': null }, 409, /start/),
  action('unpause of a running server', { unpause: null }, 409, /unpause/),
  action('confirm without a resize', { confirmResize: null }, 409, /confirmResize/i),
  action('revert without a resize', { revertResize: null }, 409, /revertResize/i),
  action('resize to a flavor that is not', { resize: { flavorRef: nobody } }, 400, /flavor/i),
  action('reboot of an unknown type', { reboot: { type: 'GENTLE' } }, 400, /type/),
  action(
    'live migration to a host that is not',
    { 'os-migrateLive': { host: 'nowhere', block_migration: 'auto' } },
    400,
    /nowhere/,
  ),
  action('live migration without its fields', { 'os-migrateLive': {} }, 400, /host|block_migration/),
  action('an action it does not know', { dance: null }, 400, /dance/),
  {
    name: 'a flavor without memory',
    method: 'POST',
    path: `${compute}/flavors`,
    body: () => ({ flavor: { name: 'e2e-none', vcpus: 1, ram: 0, disk: 1 } }),
    status: 400,
    says: /ram/,
  },
  {
    name: 'a subnet with a range that is none',
    method: 'POST',
    path: '/networking/v2.0/subnets',
    body: (fleet) => ({ subnet: { network_id: fleet.networkId, ip_version: 4, cidr: '10.30.0.0/99' } }),
    status: 400,
    says: /cidr/i,
  },
  {
    name: 'a subnet on a network that is not',
    method: 'POST',
    path: '/networking/v2.0/subnets',
    body: () => ({ subnet: { network_id: nobody, ip_version: 4, cidr: '10.31.0.0/24' } }),
    status: 404,
  },
  {
    name: 'a network that is still in use',
    method: 'DELETE',
    path: '/networking/v2.0/networks/NETWORK',
    status: 409,
  },
  {
    name: 'an image of an unknown container format',
    method: 'POST',
    path: '/image/v2/images',
    body: () => ({ name: 'e2e-bad', disk_format: 'raw', container_format: 'crate' }),
    status: 400,
    says: /container_format/,
  },
];

for (const exchange of exchanges) {
  test(`${exchange.name}: ${exchange.status}`, async () => {
    const path = exchange.path.replace('SERVER', server.id).replace('NETWORK', fleet.networkId);
    const answer = await fleet.cloud.api.ask(exchange.method, path, exchange.body?.(fleet));
    const text = JSON.stringify(answer.body);
    assert.equal(answer.status, exchange.status, text);
    if (exchange.says) assert.match(text, exchange.says);
  });
}

test('without a token, or with one that is none: 401', async () => {
  for (const headers of [{}, { 'x-auth-token': 'made-up' }] as Record<string, string>[]) {
    for (const path of [
      `${compute}/servers`,
      '/image/v2/images',
      '/networking/v2.0/networks',
      '/identity/v3/projects',
    ]) {
      assert.equal((await fleet.cloud.api.exchange('GET', path, undefined, headers)).status, 401, path);
    }
  }
});

test('with a wrong password: 401, and not a word of which part was wrong', async () => {
  const identity = {
    methods: ['password'],
    password: { user: { name: 'admin', domain: { id: 'default' }, password: 'x' } },
  };
  const answer = await fleet.cloud.api.exchange('POST', '/identity/v3/auth/tokens', { auth: { identity } });
  assert.equal(answer.status, 401);
  assert.doesNotMatch(JSON.stringify(answer.body), /password is|user .* not found/i);
});

test('more than the quota allows: 403 that names what ran out', async () => {
  const body = { server: { ...valid(fleet), min_count: 101, max_count: 101 } };
  const answer = await fleet.cloud.api.ask('POST', `${compute}/servers`, body);
  assert.equal(answer.status, 403, JSON.stringify(answer.body));
  assert.match(JSON.stringify(answer.body), /quota/i);
});

test('no valid host: the server goes to ERROR and tells the reason of every host', async () => {
  const flavorId = await fleet.cloud.compute.ensureFlavor('e2e.huge', { vcpus: 1, ram: 30_000_000, disk: 1 });
  const id = await fleet.cloud.compute.create('e2e-huge', fleet.images.busybox, flavorId, fleet.networkId);
  const ended = await fleet.ended(id);
  assert.equal(ended.status, 'ERROR');
  const fault = JSON.stringify(ended.fault);
  assert.match(fault, /No valid host/i);
  for (const host of fleet.local.hosts) assert.match(fault, new RegExp(host));
  await fleet.remove(id);
});
