import 'reflect-metadata';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import * as x509 from '@peculiar/x509';
import type { ImageChunk } from '#generated/lxstack/agent/v1/control_plane';
import { InstanceState } from '#generated/lxstack/agent/v1/types';
import { channelCredentials, readPki } from '#libs/agent-protocol/credentials';
import { newId } from '#libs/common/ids';
import { operator } from '../support/operator.js';
import { ControlPlaneWorld, heartbeat } from '../support/control-plane-world.js';

let world: ControlPlaneWorld;
before(async () => {
  world = await ControlPlaneWorld.start();
});
after(() => world.stop());

test('a host joins by a token that is good once, and its certificate says agent whatever it asked for', async () => {
  const { token } = await world.tokens.create(operator);
  const joined = await world.join(token, 'h1');
  assert.equal(new x509.X509Certificate(joined.answer.certificatePem).subject, 'CN=agent:h1');
  const client = world.asAgent(joined);
  assert.equal(await heartbeat(client), 15);
  client.close();
  await assert.rejects(world.join(token, 'h2'), (error: ServiceError) => /token/.test(error.details));
});

test('a certificate of another role is refused', async () => {
  const pki = readPki(join(world.directory, 'worker'));
  const client = world.client(channelCredentials(pki, { role: 'control' }));
  await assert.rejects(heartbeat(client), (error: ServiceError) => /role agent/.test(error.details));
  client.close();
});

test('invariant 2: an agent hears what it owns, and at which epoch', async () => {
  const joined = await world.join((await world.tokens.create(operator)).token, 'h3');
  const [mine, other, unknown] = [newId(), newId(), newId()];
  await addInstance(mine, joined.answer.hostId, 7);
  await addInstance(other, newId(), 2);
  const client = world.asAgent(joined);
  const { ownerships } = await new Promise<{ ownerships: unknown[] }>((resolve, reject) =>
    client.getOwnership({ instanceIds: [mine, other, unknown] }, (error, answer) =>
      error ? reject(error) : resolve(answer),
    ),
  );
  client.close();
  assert.deepEqual(ownerships, [
    { instanceId: mine, exists: true, owned: true, deleted: false, epoch: 7 },
    { instanceId: other, exists: true, owned: false, deleted: false, epoch: 2 },
    { instanceId: unknown, exists: false, owned: false, deleted: false, epoch: 0 },
  ]);
});

test('a container that ended by itself is stopped, unless its owner or its epoch is another, or once its task has ended', async () => {
  const joined = await world.join((await world.tokens.create(operator)).token, 'h4');
  const [mine, busy, stale, other] = [newId(), newId(), newId(), newId()];
  await addInstance(mine, joined.answer.hostId, 1);
  await addInstance(busy, joined.answer.hostId, 1);
  const task = (state: string | null) =>
    world.database.dataSource.query('UPDATE instances SET task_state = $1 WHERE id = $2', [state, busy]);
  await task('migrating');
  await addInstance(stale, joined.answer.hostId, 2);
  await addInstance(other, newId(), 1);
  const client = world.asAgent(joined);
  const ended = (id: string) => ({
    id,
    epoch: 1,
    state: InstanceState.INSTANCE_STATE_STOPPED,
    initPid: 0,
    reason: '',
    memoryBytesUsed: 0,
  });
  const tellAgain = (...ids: string[]) =>
    new Promise<string[]>((resolve, reject) =>
      client.reportInstances({ instances: ids.map(ended) }, (error, answer) =>
        error ? reject(error) : resolve(answer.busyIds),
      ),
    );
  const stopped = async () => {
    const rows = await world.database.dataSource.query<{ id: string }[]>(
      `SELECT id FROM instances WHERE vm_state = 'stopped' AND power_state = 4`,
    );
    return new Set(rows.map(({ id }) => id));
  };
  assert.deepEqual(await tellAgain(mine, busy, stale, other), [busy]);
  assert.deepEqual(await stopped(), new Set([mine]));
  await task(null);
  assert.deepEqual(await tellAgain(mine, busy), []);
  assert.deepEqual(await stopped(), new Set([mine, busy]));
  client.close();
});

test('a guest’s password is kept once, for the host that has the instance', async () => {
  const joined = await world.join((await world.tokens.create(operator)).token, 'h6');
  const [mine, other] = [newId(), newId()];
  await addInstance(mine, joined.answer.hostId, 1);
  await addInstance(other, newId(), 1);
  const client = world.asAgent(joined);
  const keep = (instanceId: string, password: string) =>
    new Promise((resolve, reject) =>
      client.keepGuestPassword({ instanceId, password }, (error, answer) => (error ? reject(error) : resolve(answer))),
    );
  assert.deepEqual(await keep(mine, ''), { password: '', kept: false });
  assert.deepEqual(await keep(mine, 'first'), { password: 'first', kept: true });
  assert.deepEqual(await keep(mine, 'second'), { password: 'first', kept: false });
  const refusal = (code: status) => (error: ServiceError) => error.code === code;
  await assert.rejects(keep(other, 'x'), refusal(status.NOT_FOUND));
  await assert.rejects(keep('none', 'x'), refusal(status.NOT_FOUND));
  await assert.rejects(keep(mine, 'x'.repeat(1_021)), refusal(status.INVALID_ARGUMENT));
  client.close();
});

test('an image is streamed to a host, and one that is not there is NOT_FOUND', async () => {
  const client = world.asAgent(await world.join((await world.tokens.create(operator)).token, 'h5'));
  const download = async (sha256: string) => {
    const parts: Buffer[] = [];
    for await (const { data } of client.downloadImage({ imageId: '', sha256 }) as AsyncIterable<ImageChunk>)
      parts.push(Buffer.from(data));
    return Buffer.concat(parts);
  };
  const blob = randomBytes(3_000_000);
  await writeFile(join(world.directory, 'a'.repeat(64)), blob);
  assert.ok((await download('a'.repeat(64))).equals(blob));
  await assert.rejects(download('b'.repeat(64)), (error: ServiceError) => error.code === status.NOT_FOUND);
  client.close();
});

async function addInstance(id: string, hostId: string, epoch: number): Promise<void> {
  await world.database.dataSource.query(
    `INSERT INTO instances (id, name, hostname, project_id, user_id, flavor, image_id, host_id, vm_state, power_state, epoch)
     VALUES ($1, 'i', 'i', 'p', 'u', '{}', $1, $2, 'active', 1, $3)`,
    [id, hostId, epoch],
  );
}
