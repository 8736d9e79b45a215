import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { randomUUID } from 'node:crypto';
import { Image } from '#libs/images/image.entity';
import { admin, member } from '../support/compute-api.js';
import type { ComputeApi } from '../support/compute-api.js';
import { ServersApi } from '../support/servers-api.js';

let servers: ServersApi;
let api: ComputeApi;

before(async () => {
  servers = await ServersApi.start();
  ({ api } = servers);
});
after(() => servers?.stop());

async function image(more: Partial<Image> = {}): Promise<string> {
  const id = randomUUID();
  const row = { id, name: 'base', projectId: 'p-admin', sha256: 'b'.repeat(64), size: 1, ...more };
  await api.database.manager.insert(Image, { status: 'active', visibility: 'public', ...row });
  return id;
}

const rebuild = (id: string, imageRef: string) =>
  api.ask(member, 'POST', `/servers/${id}/action`, { rebuild: { imageRef } });

test('a server is built again from its own image though that is deleted; no other is', async () => {
  const imageRef = await image();
  const [own, other] = [await servers.active({ imageRef }), await servers.active()];
  await api.database.manager.update(Image, { id: imageRef }, { status: 'deleted' });
  assert.equal((await rebuild(other, imageRef)).status, 400);
  const { status } = await api.ask(member, 'POST', '/servers', servers.wanted({ imageRef }));
  assert.equal(status, 400);
  assert.equal((await rebuild(own, imageRef)).status, 202);
  assert.equal((await api.ask(admin, 'GET', `/servers/${own}`)).status, 200);
});
