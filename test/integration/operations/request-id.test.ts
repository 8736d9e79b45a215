import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { startFaces } from '../support/openstack-faces.js';
import type { Faces } from '../support/openstack-faces.js';

const OWN = /^req-[0-9a-f-]{36}$/;

let faces: Faces;
before(async () => {
  faces = await startFaces();
});
after(() => faces.close());

test('every answer has a request id of ours: what the caller sent is never taken for it', async () => {
  const wishes = [`req-${randomUUID()}`, 'req-1', `req-${'-'.repeat(36)}`];
  for (const wish of wishes) {
    const headers = { 'X-OpenStack-Request-ID': wish };
    const answer = await fetch(`${faces.url}/identity/v3`, { headers });
    const id = answer.headers.get('x-openstack-request-id')!;
    assert.match(id, OWN);
    assert.notEqual(id, wish);
  }
});
