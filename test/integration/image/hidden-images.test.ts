import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { items, startFaces, text } from '../support/openstack-faces.js';
import type { Faces } from '../support/openstack-faces.js';

let faces: Faces;
let admin: string;
const IMAGES = '/image/v2/images';
before(async () => {
  faces = await startFaces();
  admin = await faces.login();
});
after(() => faces.close());

async function names(query: string, token = admin): Promise<string[]> {
  const { body } = await faces.ask('GET', `${IMAGES}${query}`, { token });
  return items(body.images)
    .map(({ name }) => text(name))
    .sort();
}

test('a hidden image is in lists only where hidden ones are asked for, and there by its id (Glance: os_hidden)', async () => {
  const anna = await faces.person(admin, 'anna', 'member');
  const made = async (name: string, os_hidden: boolean) => {
    const { body } = await faces.ask('POST', IMAGES, { token: admin, body: { name, os_hidden, visibility: 'public' } });
    assert.equal(body.os_hidden, os_hidden);
    return text(body.id);
  };
  const old = await made('old', true);
  const current = await made('current', false);
  for (const token of [admin, anna.token]) {
    assert.deepEqual(await names('', token), ['current']);
    assert.deepEqual(await names('?os_hidden=false', token), ['current']);
    assert.deepEqual(await names('?os_hidden=True', token), ['old']);
    assert.equal((await faces.ask('GET', `${IMAGES}/${old}`, { token })).status, 200);
  }
  const type = 'application/openstack-images-v2.1-json-patch';
  const patch = (id: string, value: boolean) =>
    faces.ask('PATCH', `${IMAGES}/${id}`, { token: admin, type, body: [{ op: 'replace', path: '/os_hidden', value }] });
  assert.equal((await patch(current, true)).status, 200);
  assert.equal((await patch(old, false)).body.os_hidden, false);
  assert.deepEqual(await names(''), ['old']);
});
