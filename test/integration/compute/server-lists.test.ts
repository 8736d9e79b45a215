import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { admin, member } from '../support/compute-api.js';
import type { ComputeApi } from '../support/compute-api.js';
import { ServersApi } from '../support/servers-api.js';
import type { ServerBody } from '../support/servers-api.js';

let servers: ServersApi;
let api: ComputeApi;

before(async () => {
  servers = await ServersApi.start();
  ({ api } = servers);
});
after(() => servers?.stop());

test('lists page by marker without losing or repeating any, in any order', async () => {
  const project = { ...member, projectId: 'p-paging' };
  for (let n = 0; n < 5; n++) await api.ask(project, 'POST', '/servers', servers.wanted({ name: `page-${n % 2}` }));
  for (const sort of ['', '&sort_key=display_name&sort_dir=asc', '&sort_key=task_state&sort_key=uuid']) {
    const seen: string[] = [];
    let marker = '';
    do {
      const { body } = await api.ask(project, 'GET', `/servers/detail?limit=2${sort}${marker}`);
      assert.ok(body.servers, JSON.stringify(body));
      const page = body.servers as ServerBody[];
      seen.push(...page.map(({ id }) => id));
      marker = page.length ? `&marker=${page.at(-1)!.id}` : '';
    } while (marker);
    assert.equal(new Set(seen).size, 5, sort);
    assert.equal(seen.length, 5, sort);
  }
});

test('filters: by name, status, address; every project for admins only', async () => {
  const project = { ...member, projectId: 'p-filters' };
  await api.ask(project, 'POST', '/servers', servers.wanted({ name: 'blue' }));
  const names = async (query: string, caller = project) =>
    ((await api.ask(caller, 'GET', `/servers?${query}`)).body.servers as ServerBody[]).map(({ name }) => name);
  assert.deepEqual(await names('name=^bl'), ['blue']);
  assert.deepEqual(await names('status=BUILD'), ['blue']);
  assert.deepEqual(await names('status=ACTIVE'), []);
  assert.deepEqual(await names('ip=10\\.9'), ['blue']);
  assert.ok((await names('all_tenants=1', admin)).length > 5);
  assert.equal((await api.ask(project, 'GET', '/servers?all_tenants=1')).status, 403);
});
