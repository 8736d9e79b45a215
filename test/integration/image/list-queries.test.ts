import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { items, startFaces, text } from '../support/openstack-faces.js';
import type { Faces } from '../support/openstack-faces.js';

let faces: Faces;
let admin: string;
let small: string;
const IMAGES = '/image/v2/images';

before(async () => {
  faces = await startFaces();
  admin = await faces.login();
  const make = async (body: object) => {
    const answer = await faces.ask('POST', IMAGES, { token: admin, body });
    assert.equal(answer.status, 201, answer.text);
    return text(answer.body.id);
  };
  small = await make({ name: 'a', os_distro: 'debian', disk_format: 'raw', container_format: 'bare' });
  await make({ name: 'b,c' });
  await make({ name: 'd', protected: true });
  const type = 'application/octet-stream';
  await faces.ask('PUT', `${IMAGES}/${small}/file`, { token: admin, body: '0123456789', type });
});
after(() => faces.close());

async function names(query: string): Promise<string> {
  const answer = await faces.ask('GET', `${IMAGES}?sort=name:asc&${query}`, { token: admin });
  assert.equal(answer.status, 200, `${query}: ${answer.text}`);
  return items(answer.body.images!)
    .map(({ name }) => text(name))
    .join(' ');
}

test('properties, times, sizes and lists of values narrow', async () => {
  for (const [query, found] of [
    ['os_distro=debian', 'a'],
    ['os_distro=none', ''],
    ['bogus=1', ''],
    ['name=in:a,d', 'a d'],
    ['name=in:"b,c",d', 'b,c d'],
    ['created_at=gt:2100-01-01T00:00:00Z', ''],
    ['created_at=lt:2100-01-01T00:00:00Z', 'a b,c d'],
    ['updated_at=gte:2020-01-01', 'a b,c d'],
    ['size_min=5', 'a'],
    ['size_min=11', ''],
    ['size_max=10', 'a'],
    ['protected=True', 'd'],
    ['protected=0', 'a b,c'],
    ['os_hidden=true', ''],
    ['visibility=all', 'a b,c d'],
    ['limit=0', ''],
  ] as const)
    assert.equal(await names(query), found, query);
});

test('a value of the wrong type is 400 and names the field', async () => {
  for (const query of [
    'size_min=big',
    'created_at=near:2026-01-01',
    'created_at=gt:tomorrow',
    'visibility=hidden',
    'protected=perhaps',
    'name=in:"a',
    'member_status=x',
    'limit=-1',
  ]) {
    const answer = await faces.ask('GET', `${IMAGES}?${query}`, { token: admin });
    assert.equal(answer.status, 400, `${query}: ${answer.text}`);
    assert.ok(answer.text.includes(query.split('=')[0]!), answer.text);
  }
});

test('a part of the data is 206, one beyond its end 416, several are 400', async () => {
  const part = (range: string) =>
    fetch(`${faces.url}${IMAGES}/${small}/file`, { headers: { 'X-Auth-Token': admin, Range: range } });
  const first = await part('bytes=0-3');
  assert.equal(first.status, 206);
  assert.equal(first.headers.get('content-range'), 'bytes 0-3/10');
  assert.equal(first.headers.get('content-length'), '4');
  assert.equal(await first.text(), '0123');
  assert.equal(await (await part('bytes=-2')).text(), '89');
  assert.equal((await part('bytes=10-')).status, 416);
  assert.equal((await part('bytes=0-1,4-5')).status, 400);
});
