import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Instance } from '#libs/compute/instances/instance.entity';
import { renderInstanceSpec } from '#libs/compute/instances/spec/instance-spec';
import type { ComputeApi } from '../support/compute-api.js';
import { admin, member } from '../support/compute-api.js';
import { ServersApi } from '../support/servers-api.js';

let servers: ServersApi;
let api: ComputeApi;
before(async () => {
  servers = await ServersApi.start();
  ({ api } = servers);
  for (const name of ['mine', 'other']) {
    const made = await api.ask(member, 'POST', '/os-keypairs', { keypair: { name, public_key: key(name) } });
    assert.equal(made.status, 201, JSON.stringify(made.body));
  }
});
after(() => servers.stop());

const userData = Buffer.from('#cloud-config\n').toString('base64');

function key(comment: string): string {
  const type = Buffer.from('ssh-ed25519');
  const blob = Buffer.concat([
    Buffer.from([0, 0, 0, type.length]),
    type,
    Buffer.from([0, 0, 0, 32]),
    Buffer.alloc(32, 7),
  ]);
  return `ssh-ed25519 ${blob.toString('base64')} ${comment}`;
}

const refused = async (more: object): Promise<string> => {
  const { status, body } = await api.ask(member, 'POST', '/servers', servers.wanted(more));
  assert.equal(status, 400, JSON.stringify(body));
  return (body.badRequest as { message: string }).message;
};

const rebuild = (id: string, more: object, version: number) => {
  const { imageRef } = servers.wanted().server as { imageRef: string };
  return api.ask(member, 'POST', `/servers/${id}/action`, { rebuild: { imageRef, ...more } }, version);
};

const told = async (id: string) => {
  const instance = await api.database.manager.findOneByOrFail(Instance, { id });
  return renderInstanceSpec({ instance, image: null, nics: [], networks: [] }).guest!;
};

const shown = async (id: string, caller = admin) =>
  (await api.ask(caller, 'GET', `/servers/${id}`, undefined, 90)).body.server as Record<string, unknown>;

test('a server keeps the key that it was made with, whatever becomes of the pair', async () => {
  const id = await servers.active({ key_name: 'mine', user_data: userData, config_drive: 'true' });
  const keypair = { name: 'brief', public_key: key('brief') };
  await api.ask(member, 'POST', '/os-keypairs', { keypair });
  const brief = await servers.create({ key_name: 'brief' });
  assert.equal((await api.ask(member, 'DELETE', '/os-keypairs/brief')).status, 204);
  assert.equal((await told(brief)).publicKey, key('brief'));
  const { publicKey, keyType, userData: data, configDrive } = await told(id);
  assert.deepEqual(
    { publicKey, keyType, data, configDrive },
    { publicKey: key('mine'), keyType: 'ssh', data: userData, configDrive: true },
  );
  const server = await shown(id);
  assert.deepEqual(
    [server.key_name, server.config_drive, server['OS-EXT-SRV-ATTR:user_data']],
    ['mine', 'True', userData],
  );
  assert.ok(!('OS-EXT-SRV-ATTR:user_data' in (await shown(id, member))));
  for (const [asked, found] of [
    ['True', true],
    ['False', false],
  ] as const) {
    const { body } = await api.ask(admin, 'GET', `/servers?all_tenants=1&config_drive=${asked}`);
    assert.equal(
      (body.servers as { id: string }[]).some((one) => one.id === id),
      found,
      asked,
    );
  }
});

test("a key that is not the user's, and what is no base64 or too long, are refused: 400 with Nova's words", async () => {
  assert.equal(await refused({ key_name: 'unknown' }), 'Invalid key_name provided.');
  assert.match(await refused({ user_data: 'not base64!' }), /^Invalid input for field\/attribute user_data\./);
  assert.match(await refused({ user_data: Buffer.alloc(50_000).toString('base64') }), /user_data/);
  assert.doesNotMatch(await refused({ user_data: 'c2VjcmV0!' }), /c2VjcmV0/);
  await servers.create({ user_data: 'A'.repeat(65_532) });
});

test('a rebuild changes key (2.54) and user data (2.57); null takes them away', async () => {
  const id = await servers.active({ key_name: 'mine', user_data: userData });
  assert.equal((await rebuild(id, { key_name: 'other' }, 53)).status, 400);
  assert.equal((await rebuild(id, { user_data: userData }, 56)).status, 400);
  assert.equal((await rebuild(id, { key_name: 'unknown' }, 57)).status, 400);
  assert.equal((await rebuild(id, { key_name: 'other', user_data: 'aGk=' }, 57)).status, 202);
  const after = await told(id);
  assert.deepEqual([after.keyName, after.publicKey, after.userData], ['other', key('other'), 'aGk=']);
  const second = await servers.active({ key_name: 'mine', user_data: userData });
  assert.equal((await rebuild(second, { key_name: null, user_data: null }, 57)).status, 202);
  const bare = await told(second);
  assert.deepEqual([bare.keyName, bare.publicKey, bare.userData], ['', '', '']);
});

test('a change of name or metadata is one for the host of its ports; of description it is none', async () => {
  const id = await servers.active();
  const [port] = await api.database.query<{ id: string }[]>('SELECT id FROM ports WHERE instance_id = $1', [id]);
  const { host_id } = (
    await api.database.query<{ host_id: string }[]>('SELECT host_id FROM instances WHERE id = $1', [id])
  )[0]!;
  await api.database.query('UPDATE ports SET host_id = $1 WHERE id = $2', [host_id, port!.id]);
  const changes = async () =>
    (
      await api.database.query<{ count: string }[]>(
        `SELECT count(*) FROM desired_state_changes WHERE kind = 'guest' AND resource_id = $1 AND to_host_id = $2`,
        [port!.id, host_id],
      )
    )[0]!.count;
  await api.ask(member, 'PUT', `/servers/${id}`, { server: { name: 'renamed' } });
  await api.ask(member, 'POST', `/servers/${id}/metadata`, { metadata: { a: 'b' } });
  assert.equal(await changes(), '2');
  await api.ask(member, 'PUT', `/servers/${id}`, { server: { description: 'x' } }, 19);
  assert.equal(await changes(), '2');
});

test('key pairs: a certificate is imported as x509 with its fingerprint, and none is generated', async () => {
  const { status, body } = await api.ask(member, 'POST', '/os-keypairs', { keypair: { name: 'win', type: 'x509' } }, 2);
  assert.equal(status, 400, JSON.stringify(body));
  const bad = { name: 'win', type: 'x509', public_key: key('x') };
  assert.equal((await api.ask(member, 'POST', '/os-keypairs', { keypair: bad }, 2)).status, 400);
});

test('os-server-password shows what the guest has posted, until it is cleared', async () => {
  const { body } = await api.ask(member, 'POST', '/servers', servers.wanted());
  const { id } = body.server as { id: string };
  const password = async () => (await api.ask(member, 'GET', `/servers/${id}/os-server-password`)).body;
  assert.deepEqual(await password(), { password: '' });
  await api.database.query(`UPDATE instances SET password = 'c2VjcmV0' WHERE id = $1`, [id]);
  assert.deepEqual(await password(), { password: 'c2VjcmV0' });
  const shownServer = await api.ask(member, 'GET', `/servers/${id}`);
  assert.ok(!JSON.stringify(shownServer.body).includes('c2VjcmV0'));
  assert.equal((await api.ask(member, 'DELETE', `/servers/${id}/os-server-password`)).status, 204);
  assert.deepEqual(await password(), { password: '' });
});
