import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import { inside } from '../fleet/inside.js';
import { TestFleet } from '../fleet/test-fleet.js';

const KEY = `ssh-ed25519 ${Buffer.from('0000000b7373682d6564323535313900000020'.padEnd(102, '07'), 'hex').toString('base64')} e2e`;
const USER_DATA = Buffer.from('#!/bin/sh\necho ran >>/root/ran\n').toString('base64');

let fleet: TestFleet;
before(async () => {
  fleet = await TestFleet.open();
  const { api } = fleet.cloud;
  await api.call('DELETE', '/compute/v2.1/os-keypairs/e2e-metadata').catch(() => undefined); // of a failed run
  await api.call('POST', '/compute/v2.1/os-keypairs', { keypair: { name: 'e2e-metadata', public_key: KEY } });
});
after(async () => {
  await fleet.cloud.api.call('DELETE', '/compute/v2.1/os-keypairs/e2e-metadata').catch(() => undefined);
  fleet.close();
});

const sh = async (server: Server, script: string) => (await inside(fleet, server, '/bin/sh', '-c', script)).trim();

/** What the guest gets for a path. */
const asked = (server: Server, path: string) => sh(server, `wget -q -T 5 -O - 'http://169.254.169.254/${path}'`);

/** A request that the guest writes itself, by nc with these words; empty where there is no answer. */
const raw = (server: Server, words: string, header = '') =>
  sh(
    server,
    `printf 'GET /openstack/latest/meta_data.json HTTP/1.0\\r\\n${header}\\r\\n' | nc -w 5 ${words} 80 || true`,
  );

const uuidIn = (answer: string): string | undefined => /"uuid":"([^"]+)"/.exec(answer)?.[1];

/** Waits until the guest's init has taken what it was told. */
async function settled(server: Server): Promise<void> {
  await fleet.cloud.events.until(server.id, 'the guest has taken its data', 120_000, async () =>
    (await sh(server, 'cat /etc/instance-id 2>/dev/null || true')) ? true : undefined,
  );
}

/** A network whose subnet has the same addresses as all that this makes; no router, DHCP as `dhcp` says. */
async function network(name: string, dhcp = true): Promise<string> {
  const { api } = fleet.cloud;
  const made = await api.call<{ network: { id: string } }>('POST', '/networking/v2.0/networks', { network: { name } });
  const { id } = made.network;
  const subnet = { network_id: id, ip_version: 4, cidr: '10.41.0.0/24', enable_dhcp: dhcp };
  await api.call('POST', '/networking/v2.0/subnets', { subnet });
  return id;
}

test('a guest takes host name, key and user data; what it is told changes with it, and its move takes it along', async () => {
  const { api, compute, events } = fleet.cloud;
  const more = { key_name: 'e2e-metadata', user_data: USER_DATA, config_drive: true, metadata: { role: 'web' } };
  const server = await fleet.running('e2e-metadata', 'busybox', more);
  await settled(server);
  assert.equal(await sh(server, 'hostname'), 'e2e-metadata');
  assert.equal(await sh(server, 'cat /root/.ssh/authorized_keys'), KEY);
  assert.equal(await sh(server, 'cat /root/ran'), 'ran');
  assert.equal(await asked(server, 'latest/meta-data/public-keys/'), '0=e2e-metadata');
  const metaData = async () =>
    JSON.parse(await asked(server, 'openstack/latest/meta_data.json')) as Record<string, unknown>;
  assert.equal((await metaData()).uuid, server.id);
  // The guest's own link-local address is tentative for a second or two (duplicate address detection).
  await events.until(server.id, 'the service answers by IPv6', 120_000, async () =>
    uuidIn(await raw(server, 'fe80::a9fe:a9fe%eth0')) === server.id ? true : undefined,
  );

  const drive = await sh(server, 'cat /config-drive/openstack/latest/meta_data.json');
  assert.equal(uuidIn(drive), server.id);
  await api.call('POST', `/compute/v2.1/servers/${server.id}/metadata`, { metadata: { role: 'db' } });
  await events.until(server.id, 'the guest is told of its new metadata', 120_000, async () =>
    (await metaData()).meta && JSON.stringify((await metaData()).meta).includes('db') ? true : undefined,
  );

  await compute.movesLive(server.id);
  assert.equal((await metaData()).uuid, server.id, 'the target answers');
  assert.equal(await asked(server, 'latest/user-data'), Buffer.from(USER_DATA, 'base64').toString().trim());
  assert.equal(uuidIn(await sh(server, 'cat /config-drive/openstack/latest/meta_data.json')), server.id);
  assert.equal(await sh(server, 'cat /root/ran'), 'ran', 'once');
  await fleet.remove(server.id);
  await fleet.assertAudited();
});

test('two guests with the same address on one host are told apart by their networks, and no header makes one another', async (context) => {
  const { api, compute } = fleet.cloud;
  const networks = [await network('e2e-metadata-a'), await network('e2e-metadata-b', false)];
  context.after(() => Promise.all(networks.map((id) => api.call('DELETE', `/networking/v2.0/networks/${id}`))));
  const [host] = fleet.local.hosts;
  const create = async (uuid: string, n: number, address: string) => {
    const more = { networks: [{ uuid, fixed_ip: address }], availability_zone: `nova:${host}` };
    return compute.settled(await fleet.create(`e2e-metadata-${n}`, 'busybox', more), 'ACTIVE');
  };
  const [one, two, third] = await Promise.all([
    create(networks[0]!, 1, '10.41.0.9'),
    create(networks[1]!, 2, '10.41.0.9'),
    create(networks[0]!, 3, '10.41.0.10'),
  ]);
  for (const server of [one, two, third]) {
    assert.equal(hostOf(server), host);
    await settled(server);
    assert.equal(uuidIn(await raw(server, '169.254.169.254')), server.id);
  }
  const forged = 'X-Forwarded-For: 10.41.0.10\\r\\nX-Instance-ID: ' + `${third.id}\\r\\n`;
  assert.equal(uuidIn(await raw(one, '169.254.169.254', forged)), one.id);

  // With another's address, or another's link-local one, there is no answer.
  await sh(one, 'ip addr add 10.41.0.10/32 dev eth0 && ip addr add fe80::1:2/64 dev eth0');
  assert.equal(await raw(one, '-s 10.41.0.10 169.254.169.254'), '');
  assert.equal(await raw(one, '-s fe80::1:2%eth0 fe80::a9fe:a9fe%eth0'), '');
  // Whatever gateway a guest sends to: the frame goes to its own host's service.
  await sh(
    one,
    'ip addr del 10.41.0.10/32 dev eth0; ip route del 169.254.169.254/32; ip route add 169.254.169.254/32 via 10.41.0.10',
  );
  assert.equal(uuidIn(await raw(one, '169.254.169.254')), one.id);
  await fleet.remove(one.id, two.id, third.id);
  await fleet.assertAudited();
});
