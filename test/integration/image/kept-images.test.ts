import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { newId } from '#libs/common/ids';
import { Instance } from '#libs/compute/instances/instance.entity';
import { ImageBlobs } from '#libs/images/image-blobs';
import { ImageSweep } from '#libs/images/image-sweep';
import { items, startFaces, text } from '../support/openstack-faces.js';
import type { Faces, Person } from '../support/openstack-faces.js';

const IMAGES = '/image/v2/images';
const flavor = { id: 'f1', name: 'f1', vcpus: 1, ramMb: 256, diskGb: 1, extraSpecs: {} };

let faces: Faces;
let anna: Person;

before(async () => {
  faces = await startFaces();
  anna = await faces.person(await faces.login(), 'anna', 'member');
});
after(() => faces.close());

/** An active image, and the sha256 of its data. */
async function upload(data = randomBytes(500)): Promise<{ id: string; sha256: string }> {
  const { token } = anna;
  const body = { container_format: 'bare', disk_format: 'raw', name: 'base' };
  const id = text((await faces.ask('POST', IMAGES, { token, body })).body.id);
  const type = 'application/octet-stream';
  assert.equal((await faces.ask('PUT', `${IMAGES}/${id}/file`, { token, body: data, type })).status, 204);
  return { id, sha256: createHash('sha256').update(data).digest('hex') };
}

/** A server of another project than the image's. */
async function server(imageId: string): Promise<string> {
  const { manager } = faces.database;
  const id = newId();
  const states = { vmState: 'active' as const, taskState: null };
  const row = { id, name: 'vm', hostname: 'vm', projectId: 'another', userId: 'u', flavor, imageId, ...states };
  await manager.save(manager.create(Instance, row));
  return id;
}

const remove = (id: string) => faces.ask('DELETE', `${IMAGES}/${id}`, { token: anna.token });
const isDeleted = (id: string) =>
  faces.database.query(`UPDATE instances SET vm_state = 'deleted', deleted_at = now() WHERE id = $1`, [id]);
const blobs = () => readdir(faces.blobs);
const sweep = () => faces.app.get(ImageSweep, { strict: false }).run();

test('invariant 8: a deleted image keeps its data, unlisted, until the last server made from it is gone', async () => {
  const { id, sha256 } = await upload();
  const [first, second] = [await server(id), await server(id)];
  assert.equal((await remove(id)).status, 204);
  assert.equal((await faces.ask('GET', `${IMAGES}/${id}`, { token: anna.token })).status, 404);
  assert.equal((await faces.ask('GET', `${IMAGES}/${id}/file`, { token: anna.token })).status, 404);
  assert.equal((await remove(id)).status, 404);
  const { body } = await faces.ask('GET', IMAGES, { token: anna.token });
  assert.ok(!items(body.images).some((image) => text(image.id) === id), 'unlisted');
  assert.deepEqual(await blobs(), [sha256]);
  await isDeleted(first);
  await sweep();
  assert.deepEqual(await blobs(), [sha256], 'one server still needs it');
  const { stream } = await faces.app.get(ImageBlobs, { strict: false }).open(sha256);
  stream.destroy();
  await isDeleted(second);
  assert.deepEqual(await sweep(), { requeued: 0, forgotten: 1, partials: 0, blobs: 1 });
  assert.deepEqual(await blobs(), []);
});

test('invariant 8: the image that a rebuild replaces is kept until the rebuild has ended', async () => {
  const { id, sha256 } = await upload();
  const one = await server(newId());
  const input = JSON.stringify({ previousImageId: id });
  await faces.database.query(
    `INSERT INTO operations (id, kind, queue, resource_type, resource_id, state, input, request_id)
     VALUES ($1, 'instance.rebuild', 'instance', 'instance', $2, 'running', $3, 'req-test')`,
    [newId(), one, input],
  );
  assert.equal((await remove(id)).status, 204);
  await sweep();
  assert.deepEqual(await blobs(), [sha256]);
  await faces.database.query(`UPDATE operations SET state = 'done' WHERE resource_id = $1`, [one]);
  await sweep();
  assert.deepEqual(await blobs(), []);
});

test('the data of an image goes after its deletion is committed, never before', async () => {
  const { id, sha256 } = await upload();
  await faces.database.query(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no commit'; END $$;
    CREATE CONSTRAINT TRIGGER refused AFTER DELETE ON images DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION refuse()`);
  try {
    assert.equal((await remove(id)).status, 500);
    assert.deepEqual(await blobs(), [sha256], 'the image is still there, and so is its data');
  } finally {
    await faces.database.query('DROP TRIGGER refused ON images; DROP FUNCTION refuse()');
  }
  assert.equal((await remove(id)).status, 204);
  assert.deepEqual(await blobs(), []);
});
