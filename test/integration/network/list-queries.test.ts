import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { items, startFaces, text } from '../support/openstack-faces.js';
import type { Faces } from '../support/openstack-faces.js';

let faces: Faces;
let admin: string;
const BASE = '/networking/v2.0';

before(async () => {
  faces = await startFaces();
  admin = await faces.login();
  const make = async (path: string, body: object) => {
    const answer = await faces.ask('POST', `${BASE}/${path}`, { token: admin, body });
    assert.equal(answer.status, 201, answer.text);
    return answer.body;
  };
  const { network } = await make('networks', { network: { name: 'shared', shared: 'True' } });
  await make('networks', { network: { name: 'own', shared: 0 } });
  const network_id = text(network!.id);
  await make('subnets', { subnet: { network_id, cidr: '10.7.0.0/24', enable_dhcp: 'true', ip_version: '4' } });
  await make('ports', { port: { network_id, fixed_ips: [{ ip_address: '10.7.0.77' }] } });
});
after(() => faces.close());

async function count(path: string): Promise<number> {
  const answer = await faces.ask('GET', `${BASE}/${path}`, { token: admin });
  assert.equal(answer.status, 200, `${path}: ${answer.text}`);
  return items(answer.body[path.split('?')[0]!.replaceAll('-', '_')]!).length;
}

test('booleans narrow a list in any spelling', async () => {
  for (const yes of ['True', 'true', 'TRUE', '1', 'yes', 'on', 't']) {
    assert.equal(await count(`networks?shared=${yes}`), 1, yes);
    assert.equal(await count(`subnets?enable_dhcp=${yes}`), 1, yes);
    assert.equal(await count(`networks?admin_state_up=${yes}`), 2, yes);
    assert.equal(await count(`networks?router:external=${yes}`), 0, yes);
  }
  for (const no of ['False', '0', 'no', 'off']) assert.equal(await count(`networks?shared=${no}`), 1, no);
  assert.equal((await faces.ask('GET', `${BASE}/networks?shared=perhaps`, { token: admin })).status, 400);
  for (const yes of ['True', 'true', '1'])
    assert.ok(
      items((await faces.ask('GET', `/identity/v3/projects?enabled=${yes}`, { token: admin })).body.projects!).length,
    );
});

test('a filter is never dropped: it narrows, or it is refused', async () => {
  for (const none of [
    'networks?tags=x',
    'networks?status=DOWN',
    'ports?fixed_ips=ip_address_substr=99',
    'ports?tags=x',
  ])
    assert.equal(await count(none), 0, none);
  for (const one of [
    'ports?fixed_ips=ip_address_substr=0.77',
    'ports?fixed_ips=ip_address=10.7.0.77',
    'subnets?ip_version=4',
    'security-groups?name=default',
  ])
    assert.equal(await count(one), 1, one);
  for (const wrong of [
    'ports?name[x]=1',
    'networks?id[$ne]=1',
    'networks?nmae=x',
    'subnets?bogus=1',
    'security-groups?bogus=1',
    'ports?fixed_ips=colour=red',
    'subnets?ip_version=four',
  ]) {
    const answer = await faces.ask('GET', `${BASE}/${wrong}`, { token: admin });
    assert.equal(answer.status, 400, `${wrong}: ${answer.text}`);
    assert.equal(text(answer.body.NeutronError!.type), 'InvalidInput');
  }
});

test('limit=0 sets no limit', async () => {
  assert.equal(await count('networks?limit=0'), 2);
  assert.equal(await count('networks?limit=1'), 1);
});
