import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { admin, member } from '../support/compute-api.js';
import type { ComputeApi } from '../support/compute-api.js';
import { ServersApi } from '../support/servers-api.js';

let servers: ServersApi;
let api: ComputeApi;
let id: string;

before(async () => {
  servers = await ServersApi.start();
  ({ api } = servers);
  id = await servers.create();
});
after(() => servers?.stop());

const items = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`key${n}`, 'x']));
const setQuota = (project: string, quota: object) =>
  api.ask(admin, 'PUT', `/os-quota-sets/${project}`, { quota_set: quota });

test('129 metadata items are 403 at create, rebuild and later', async () => {
  const metadata = items(129);
  assert.equal((await api.ask(member, 'POST', '/servers', servers.wanted({ metadata }))).status, 403);
  assert.equal((await api.ask(member, 'PUT', `/servers/${id}/metadata`, { metadata })).status, 403);
  const active = await servers.active();
  const { imageRef } = servers.wanted().server as { imageRef: string };
  assert.equal(
    (await api.ask(member, 'POST', `/servers/${active}/action`, { rebuild: { imageRef, metadata } })).status,
    403,
  );
  assert.equal((await api.ask(member, 'POST', '/servers', servers.wanted({ metadata: items(128) }))).status, 202);
});

test('a metadata key that JavaScript objects inherit is found only where somebody set it', async () => {
  for (const key of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    assert.equal((await api.ask(member, 'GET', `/servers/${id}/metadata/${key}`)).status, 404, key);
    assert.equal((await api.ask(member, 'DELETE', `/servers/${id}/metadata/${key}`)).status, 404, key);
    assert.equal((await api.ask(admin, 'GET', `/flavors/tiny/os-extra_specs/${key}`)).status, 404, key);
    assert.equal((await api.ask(admin, 'DELETE', `/flavors/tiny/os-extra_specs/${key}`)).status, 404, key);
    assert.equal((await api.ask(member, 'GET', `/servers/${id}/ips/${key}`)).status, 404, key);
  }
  const meta = { constructor: 'works' };
  assert.deepEqual((await api.ask(member, 'PUT', `/servers/${id}/metadata/constructor`, { meta })).body, { meta });
  assert.deepEqual((await api.ask(member, 'GET', `/servers/${id}/metadata/constructor`)).body, { meta });
});

test('a key that JavaScript knows is a field like any other: refused where there is none of that name', async () => {
  for (const key of ['constructor', 'prototype', 'toString']) {
    const { status, body } = await api.ask(member, 'POST', '/servers', servers.wanted({ [key]: 'x' }));
    assert.equal(status, 400, key);
    assert.match((body.badRequest as { message: string }).message, new RegExp(key));
  }
  const metadata = { constructor: 'x', prototype: 'y' };
  assert.equal((await api.ask(member, 'POST', '/servers', servers.wanted({ metadata }))).status, 202);
});

test('names that are blank, of more than one line or with control characters are 400', async () => {
  for (const name of ['', ' ', '\t', 'two\nlines', 'a\u0007', '\u2028', null, 7])
    for (const [method, path, body] of [
      ['POST', '/servers', servers.wanted({ name })],
      ['PUT', `/servers/${id}`, { server: { name } }],
      ['POST', '/os-server-groups', { server_group: { name, policy: 'affinity' } }],
      ['POST', '/os-keypairs', { keypair: { name } }],
    ] as const) {
      const answer = await api.ask(member, method, path, body);
      assert.equal(answer.status, 400, `${method} ${path} ${JSON.stringify(name)}: ${JSON.stringify(answer.body)}`);
      assert.match((answer.body.badRequest as { message: string }).message, /name/);
    }
  assert.equal((await api.ask(member, 'POST', '/servers', servers.wanted({ name: 'wéb 1 🚀' }))).status, 202);
});

test('limits are those of a project that there is, and not below what it uses unless forced', async () => {
  assert.equal((await setQuota('p-nobody', { cores: 1 })).status, 400);
  assert.equal((await api.ask(admin, 'GET', '/os-quota-sets/p-nobody')).status, 400);
  const below = await setQuota('p-member', { instances: 1 });
  assert.equal(below.status, 400, JSON.stringify(below.body));
  assert.match((below.body.badRequest as { message: string }).message, /instances/);
  assert.equal((await setQuota('p-member', { instances: 1, force: 'True' })).status, 200);
  assert.equal((await setQuota('p-member', { instances: -1 })).status, 200);
  assert.equal((await setQuota('p-member', { instances: 100, force: 'perhaps' })).status, 400);
});
