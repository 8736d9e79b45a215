import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { randomUUID } from 'node:crypto';
import { Host } from '#libs/fleet/hosts/host.entity';
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

test('a server is rebuilt only from an image that its host can run, however the architecture is spelt', async () => {
  const id = await servers.active();
  await api.database.manager.update(Host, { role: 'compute' }, { facts: { architecture: 'x86_64' } });
  for (const [architecture, expected] of [
    ['aarch64', 400],
    ['arm64', 400],
    ['riscv64', 400],
  ] as const) {
    const answer = await rebuild(id, await image({ properties: { architecture } }));
    assert.equal(answer.status, expected, architecture);
    assert.match(JSON.stringify(answer.body), /imageRef/);
  }
  const own: Record<string, string>[] = [
    { architecture: 'amd64' },
    { hw_architecture: 'x64' },
    { architecture: 'x86_64' },
  ];
  for (const properties of own) {
    const other = await servers.active();
    assert.equal((await rebuild(other, await image({ properties }))).status, 202, JSON.stringify(properties));
  }
});
