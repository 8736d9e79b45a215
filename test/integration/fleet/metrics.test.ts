import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { MetricsListener } from '#apps/api/metrics/metrics-listener';
import { startFaces } from '../support/openstack-faces.js';
import type { Faces } from '../support/openstack-faces.js';

let faces: Faces;
let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lx-metrics-'));
  process.env.LXSTACK_METRICS_LISTEN = '127.0.0.1:0';
  faces = await startFaces();
});
after(async () => {
  delete process.env.LXSTACK_METRICS_LISTEN;
  await faces.close();
  await rm(directory, { recursive: true });
});
afterEach(() => delete process.env.LXSTACK_METRICS_TOKEN_FILE);

async function withToken(): Promise<string> {
  const file = join(directory, 'token');
  await writeFile(file, 'right\n');
  return (process.env.LXSTACK_METRICS_TOKEN_FILE = file);
}
const bearing = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const own = () => `http://127.0.0.1:${faces.app.get(MetricsListener).port}/metrics`;

test('without a token there is no /metrics among the faces', async () => {
  assert.equal((await fetch(`${faces.url}/metrics`)).status, 404);
});

test('where a token is set, both addresses demand it', async () => {
  await withToken();
  for (const url of [`${faces.url}/metrics`, own()]) {
    assert.equal((await fetch(url)).status, 401);
    assert.equal((await fetch(url, bearing('wrong'))).status, 401);
    assert.equal((await fetch(url, bearing('right'))).status, 200);
  }
});

test('it tells of the fleet and of the process in the text format of Prometheus', async () => {
  await faces.database.query(
    `INSERT INTO hosts (id, name, role, address, lease_expires_at)
     VALUES (gen_random_uuid(), 'm1', 'compute', 'm1:1', now() + interval '1 hour')`,
  );
  const answer = await fetch(own());
  const text = await answer.text();
  assert.match(answer.headers.get('content-type')!, /text\/plain; version=0\.0\.4/);
  assert.match(text, /^lxstack_hosts\{role="compute",up="true"\} 1$/m);
  assert.match(text, /^# TYPE nodejs_heap_size_used_bytes gauge$/m);
  await faces.database.query(`DELETE FROM hosts WHERE name = 'm1'`);
  assert.doesNotMatch(await (await fetch(own())).text(), /^lxstack_hosts\{/m);
  assert.equal((await fetch(own().replace('metrics', 'other'))).status, 404);
});
