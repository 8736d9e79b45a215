import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { ImageSweep } from '#libs/images/image-sweep';
import { items, startFaces, text } from '../support/openstack-faces.js';
import type { Faces, Json, Person } from '../support/openstack-faces.js';

let faces: Faces;
let admin: string;
let anna: Person;
let ben: Person;
let rita: Person;
const IMAGES = '/image/v2/images';

before(async () => {
  faces = await startFaces();
  admin = await faces.login();
  anna = await faces.person(admin, 'anna', 'member');
  ben = await faces.person(admin, 'ben', 'member');
  rita = await faces.person(admin, 'rita', 'reader', 'anna');
});
after(() => faces.close());

async function create(fields: object, token = anna.token): Promise<string> {
  const body = { container_format: 'bare', disk_format: 'raw', ...fields };
  const answer = await faces.ask('POST', IMAGES, { token, body });
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.body.status, 'queued');
  return text(answer.body.id);
}

const upload = (id: string, data: Uint8Array, token = anna.token) =>
  faces.ask('PUT', `${IMAGES}/${id}/file`, { token, body: data, type: 'application/octet-stream' });
const show = async (id: string, token = anna.token): Promise<Json> =>
  (await faces.ask('GET', `${IMAGES}/${id}`, { token })).body;
async function becomes(id: string, status: string): Promise<void> {
  while (text((await show(id)).status) !== status) await sleep(10);
}

const hash = (algorithm: string, data: Uint8Array) => createHash(algorithm).update(data).digest('hex');
const blobs = async () => (await readdir(faces.blobs)).sort();
const remove = (id: string) => faces.ask('DELETE', `${IMAGES}/${id}`, { token: anna.token });

test('data goes up once, is active with size and checksums, comes down the same and goes with its image', async () => {
  const data = randomBytes(300_000);
  const id = await create({ name: 'one' });
  assert.equal((await upload(id, data)).status, 204);
  const image = await show(id);
  assert.equal(image.status, 'active');
  assert.equal(image.size, data.length);
  assert.equal(image.checksum, hash('md5', data));
  assert.equal(image.os_hash_value, hash('sha512', data));
  assert.equal(image.os_hash_sha256, hash('sha256', data));
  assert.equal((await upload(id, data)).status, 409);

  const response = await fetch(`${faces.url}${IMAGES}/${id}/file`, { headers: { 'X-Auth-Token': anna.token } });
  assert.equal(response.headers.get('content-md5'), image.checksum);
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), data);
  assert.equal((await remove(id)).status, 204);
  assert.equal((await faces.ask('GET', `${IMAGES}/${id}`, { token: anna.token })).status, 404);
  assert.deepEqual(await blobs(), []);
});

test('the same content is one file, which the last image takes with it', async () => {
  const data = randomBytes(1_000);
  const ids = await Promise.all([create({}), create({})]);
  await Promise.all(ids.map((id) => upload(id, data)));
  assert.deepEqual(await blobs(), [hash('sha256', data)]);
  await remove(ids[0]!);
  assert.deepEqual(await blobs(), [hash('sha256', data)]);
  await remove(ids[1]!);
  assert.deepEqual(await blobs(), []);
});

test('an upload beside the deletion of the last image with this content keeps its data', async () => {
  const data = randomBytes(1_000);
  for (let round = 0; round < 10; round++) {
    const [old, next] = [await create({}), await create({})];
    await upload(old, data);
    await Promise.all([remove(old), upload(next, data)]);
    assert.deepEqual(await blobs(), [hash('sha256', data)], `round ${round}`);
    await remove(next);
  }
});

test('an image that is too big is 413 and waits for other data', async () => {
  process.env.LXSTACK_IMAGE_MAX_BYTES = '1000';
  try {
    const id = await create({});
    const refused = await upload(id, randomBytes(1_001));
    assert.equal(refused.status, 413);
    assert.match(refused.text, /1000 bytes/);
    assert.equal((await show(id)).status, 'queued');
    assert.equal((await upload(id, randomBytes(1_000))).status, 204);
    await remove(id);
  } finally {
    delete process.env.LXSTACK_IMAGE_MAX_BYTES;
  }
});

test('a connection that ends before the declared size leaves the image queued and no file', async () => {
  const id = await create({});
  const { hostname, port } = new URL(faces.url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `PUT ${IMAGES}/${id}/file HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${anna.token}\r\n` +
      'Content-Type: application/octet-stream\r\nContent-Length: 5000\r\n\r\n' +
      'x'.repeat(1_000),
  );
  await becomes(id, 'saving');
  socket.destroy();
  await becomes(id, 'queued');
  assert.deepEqual(await blobs(), []);
  await remove(id);
});

test('what a process left that died during an upload is swept, and nothing else', async () => {
  const [dead, young, whole] = [await create({}), await create({}), await create({})];
  const data = randomBytes(100);
  await upload(whole, data);
  await faces.database.query(`UPDATE images SET status = 'saving' WHERE id = ANY($1)`, [[dead, young]]);
  await faces.database.query(`UPDATE images SET updated_at = now() - interval '1 hour' WHERE id = $1`, [dead]);
  const old = new Date(Date.now() - 3_600_000);
  for (const name of ['.old.partial', '.young.partial', hash('sha256', randomBytes(4))])
    await writeFile(join(faces.blobs, name), 'x');
  await utimes(join(faces.blobs, '.old.partial'), old, old);

  const swept = await faces.app.get(ImageSweep, { strict: false }).run();
  assert.deepEqual(swept, { requeued: 1, forgotten: 0, partials: 1, blobs: 1 });
  assert.deepEqual(await blobs(), ['.young.partial', hash('sha256', data)]);
  assert.equal((await show(dead)).status, 'queued');
  assert.equal((await show(young)).status, 'saving');
  for (const id of [dead, young, whole]) await remove(id);
});

test('others see public images only; nobody but admins publishes', async () => {
  const own = await create({ name: 'own' });
  assert.equal((await faces.ask('GET', `${IMAGES}/${own}`, { token: ben.token })).status, 404);
  assert.equal((await faces.ask('DELETE', `${IMAGES}/${own}`, { token: ben.token })).status, 404);
  const publish = { name: 'mine', visibility: 'public' };
  assert.equal((await faces.ask('POST', IMAGES, { token: anna.token, body: publish })).status, 403);
  const shared = await create(publish, admin);
  assert.equal((await faces.ask('GET', `${IMAGES}/${shared}`, { token: ben.token })).status, 200);
  assert.equal((await faces.ask('DELETE', `${IMAGES}/${shared}`, { token: ben.token })).status, 403);
});

test('a reader reads and cannot write: 403', async () => {
  const id = await create({ name: 'to read' });
  assert.equal((await faces.ask('GET', `${IMAGES}/${id}`, { token: rita.token })).status, 200);
  assert.equal((await faces.ask('POST', IMAGES, { token: rita.token, body: { name: 'x' } })).status, 403);
  assert.equal((await upload(id, randomBytes(1), rita.token)).status, 403);
  assert.equal((await faces.ask('DELETE', `${IMAGES}/${id}`, { token: rita.token })).status, 403);
});

test('a protected image cannot be deleted before a patch takes that off', async () => {
  const id = await create({ protected: true });
  assert.equal((await remove(id)).status, 403);
  const patch = { body: [{ op: 'replace', path: '/protected', value: false }], token: anna.token };
  const type = 'application/openstack-images-v2.1-json-patch';
  assert.equal((await faces.ask('PATCH', `${IMAGES}/${id}`, { ...patch, type })).status, 200);
  assert.equal((await remove(id)).status, 204);
});

test('malformed bodies are 400 in the form of Glance and name the field', async () => {
  const cases: [unknown, RegExp][] = [
    [{ name: 7 }, /name/],
    [{ min_disk: -1 }, /min_disk/],
    [{ visibility: 'everybody' }, /visibility/],
    [{ id: 'no-uuid' }, /id/],
    [{ checksum: 'abc' }, /checksum/],
    [[], /JSON object/],
    ['{"name": ', /JSON/],
  ];
  for (const [body, names] of cases) {
    const answer = await faces.ask('POST', IMAGES, { token: anna.token, body });
    assert.equal(answer.status, 400, answer.text);
    assert.match(answer.text, /^<html>[^]*<h1>400 Bad Request<\/h1>/);
    assert.match(answer.text, names);
  }
});

test('images are listed in pages by marker and limit, each once', async () => {
  for (let n = 0; n < 5; n++) await create({ name: `paged-${n}` }, ben.token);
  const seen: string[] = [];
  let path: string | undefined = `${IMAGES}?limit=2&sort=name:asc&visibility=shared`;
  while (path) {
    const { body } = await faces.ask('GET', path, { token: ben.token });
    seen.push(...items(body.images).map((image) => text(image.name)));
    path = body.next ? `/image${text(body.next)}` : undefined;
  }
  assert.deepEqual(
    seen,
    [0, 1, 2, 3, 4].map((n) => `paged-${n}`),
  );
  const unknown = await faces.ask('GET', `${IMAGES}?limit=x`, { token: ben.token });
  assert.equal(unknown.status, 400);
  assert.match(unknown.text, /limit/);
});
