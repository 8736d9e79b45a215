import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Instance } from '#libs/compute/instances/instance.entity';
import { admin, member } from '../support/compute-api.js';
import type { Answer } from '../support/compute-api.js';
import { ServersApi } from '../support/servers-api.js';

let servers: ServersApi;

before(async () => {
  servers = await ServersApi.start();
});
after(() => servers?.stop());

function assertRefused({ status, body }: Answer, names: RegExp): void {
  assert.equal(status, 400, JSON.stringify(body));
  assert.match((body.badRequest as { message: string }).message, names);
}

const post = (more: object) => servers.api.ask(member, 'POST', '/servers', servers.wanted(more));

test('one request cannot ask for more servers than one transaction makes, whatever the quota', async () => {
  const unlimited = { instances: -1, cores: -1, ram: -1 };
  await servers.api.ask(admin, 'PUT', '/os-quota-sets/p-member', { quota_set: unlimited });
  for (const counts of [{ max_count: 2_147_483_647 }, { min_count: 2_147_483_647 }, { max_count: '9'.repeat(300) }])
    assertRefused(await post(counts), /max_count/);
  assert.equal(await servers.api.database.manager.count(Instance), 0);
});

test('a host name goes to one server only', async () => {
  assertRefused(await post({ hostname: 'web', min_count: 2 }), /hostname/);
});

test('a body that nests too deep, is too long or holds U+0000 is 400 and names where', async () => {
  let nested: unknown = 'x';
  for (let n = 0; n < 1_000; n++) nested = [nested];
  assertRefused(await post({ networks: nested }), /server\.networks\.0/);
  assertRefused(await post({ tags: Array(1_001).fill('a') }), /server\.tags/);
  assertRefused(await post({ name: 'a\0b' }), /server\.name/);
  assertRefused(await post({ description: '\ud800' }), /server\.description/);
});

test('a body of another media type than JSON is 415', async () => {
  const url = `${servers.api.url}/servers`;
  const caller = JSON.stringify({ ...member, requestId: '' });
  const headers = { 'x-test-caller': caller, 'content-type': 'application/xml' };
  const answer = await fetch(url, { method: 'POST', headers, body: '<server/>' });
  assert.equal(answer.status, 415);
  assert.ok('badMediaType' in ((await answer.json()) as object));
});
