import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { usePolicyFile } from '#libs/policy/policy';
import { ApiWorld } from './api-world.js';
import type { Person } from './api-world.js';
import { activeServer, seedFlavor, seedTenant } from './tenant.js';

let world: ApiWorld;
let directory: string;
let admin: string;
let mia: Person;
let max: Person;
let serverId: string;

before(async () => {
  world = await ApiWorld.start();
  directory = await mkdtemp(join(tmpdir(), 'lx-policy-'));
  admin = await world.admin();
  mia = await world.person(admin, 'mia', 'member', 'mine');
  max = await world.person(admin, 'max', 'member', 'mine');
  await world.addHost('h1');
  await seedFlavor(world, admin);
  const tenant = await seedTenant(world, mia, '10.8.0.0/24');
  serverId = await activeServer(world, mia.token, tenant, 'h1');
});
afterEach(() => usePolicyFile(null));
after(async () => {
  await world?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function policy(text: string): Promise<string> {
  const path = join(directory, 'policy.yaml');
  await writeFile(path, text);
  return path;
}

const act = (token: string, body: object) =>
  world.ask('POST', `/compute/v2.1/servers/${serverId}/action`, { token, body });

test("a members' rule can become the owner's: the service checks it with the server", async () => {
  usePolicyFile(await policy('"os_compute_api:os-console-output": "user_id:%(user_id)s"'));
  const body = { 'os-getConsoleOutput': {} };
  assert.equal((await act(mia.token, body)).status, 200);
  const refused = await act(max.token, body);
  assert.equal(refused.status, 403, refused.text);
  assert.match(refused.text, /os-console-output/);
  assert.equal((await act(admin, body)).status, 403);
});

test("an administrators' rule can become the members', for their own resources", async () => {
  const body = { 'os-resetState': { state: 'active' } };
  assert.equal((await act(mia.token, body)).status, 403);
  usePolicyFile(await policy('"os_compute_api:os-admin-actions:reset_state": "rule:project_member_or_admin"'));
  assert.equal((await act(mia.token, body)).status, 202);
  const stranger = await world.person(admin, 'otto', 'member', 'other');
  assert.equal((await act(stranger.token, body)).status, 404);
});

test("another role than admin may be the administrators'", async () => {
  await world.must('POST', '/identity/v3/roles', { token: admin, body: { role: { name: 'operator' } } });
  const olga = await world.person(admin, 'olga', 'operator', 'operators');
  const hosts = () => world.ask('GET', '/fleet/v1/hosts', { token: olga.token });
  assert.equal((await hosts()).status, 403);
  usePolicyFile(await policy('context_is_admin: "role:admin or role:operator"'));
  assert.equal((await hosts()).status, 200);
});

test('an api process does not start with a policy that cannot be, and says why', async () => {
  const path = await policy('"fleet:audt": "role:auditor"\n"fleet:audit": "role:auditor or"');
  const main = join(import.meta.dirname, '../../../apps/api/main.js');
  const env = { ...process.env, LXSTACK_POLICY_FILE: path, LXSTACK_LOG_LEVEL: 'fatal' };
  const api = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  api.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(api, 'close')) as [number];
  assert.notEqual(code, 0);
  assert.match(said, /no rule 'fleet:audt'/);
  assert.match(said, /'fleet:audit' \(role:auditor or\): a check is expected at the end/);
});
