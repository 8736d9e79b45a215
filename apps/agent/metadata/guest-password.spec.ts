import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { answerPassword, isPasswordPath } from './guest-password.js';

let kept = '';
let away = false;
const server = createServer((request, response) => {
  const keep = (posted: string) => {
    if (away) return Promise.reject(new Error('no control plane'));
    const isNew = posted !== '' && kept === '';
    if (isNew) kept = posted;
    return Promise.resolve({ password: kept, kept: isNew });
  };
  void answerPassword(keep, request, response);
});
let url = '';

before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.close();
  server.closeAllConnections();
});

const post = async (body: string) => (await fetch(url, { method: 'POST', body })).status;
const shown = async () => (await fetch(url)).text();

test('a guest posts its password once, and reads it', async () => {
  assert.equal(await shown(), '');
  assert.equal(await post('x'.repeat(1_021)), 400);
  assert.equal(await post('ä'), 400);
  assert.equal(await shown(), '');
  assert.equal(await post('secret=='), 200);
  assert.equal(await post('other'), 409);
  assert.equal(await shown(), 'secret==');
  assert.equal((await fetch(url, { method: 'DELETE' })).status, 405);
});

test('a guest is told to come again where the control plane does not answer', async () => {
  away = true;
  assert.equal(await post('other'), 503);
  assert.equal((await fetch(url)).headers.get('retry-after'), '1');
  away = false;
});

test('the path is there since the date that Nova has it', () => {
  for (const path of ['/openstack/latest/password', '/openstack/2013-04-04/password', 'openstack//latest/password/'])
    assert.ok(isPasswordPath(path), path);
  for (const path of ['/openstack/2012-08-10/password', '/latest/password', '/openstack/latest/password/x', '/'])
    assert.ok(!isPasswordPath(path), path);
});
