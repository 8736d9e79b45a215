import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import { inside } from '../fleet/inside.js';
import { TestFleet } from '../fleet/test-fleet.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const CONFIG = `#cloud-config
write_files:
- path: /root/written
  content: by cloud-config
`;
const SCRIPT = '#!/bin/sh\necho ran >>/root/ran\n';

test('a Debian with cloud-init takes host name, key, user data and network, from the service and from a config drive', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { api, compute, events } = fleet.cloud;
  await api.call('DELETE', '/compute/v2.1/os-keypairs/e2e-cloud').catch(() => undefined); // of a failed run
  const { keypair } = await api.call<{ keypair: { private_key: string } }>('POST', '/compute/v2.1/os-keypairs', {
    keypair: { name: 'e2e-cloud' },
  });
  context.after(() => api.call('DELETE', '/compute/v2.1/os-keypairs/e2e-cloud'));

  const imageRef = await fleet.imageOfKind('cloud');
  const flavorRef = await compute.ensureFlavor('e2e.cloud', { vcpus: 1, ram: 512, disk: 2 });
  const create = (name: string, userData: string, more: object) =>
    fleet.create(name, 'debian', { imageRef, flavorRef, key_name: 'e2e-cloud', user_data: base64(userData), ...more });
  const sh = async (server: Server, script: string) => (await inside(fleet, server, '/bin/sh', '-c', script)).trim();
  const done = (server: Server) =>
    events.until(server.id, 'cloud-init has ended', 300_000, async () =>
      (await sh(server, 'test -e /var/lib/cloud/instance/boot-finished && echo yes || true')) ? true : undefined,
    );
  /** As the user of the image, from another guest. */
  const ssh = async (from: Server, to: Server, command: string) => {
    await sh(from, `umask 077; printf '%s' '${keypair.private_key}' >/root/key`);
    const options = '-i /root/key -o StrictHostKeyChecking=no -o BatchMode=yes -o LogLevel=ERROR';
    return sh(from, `ssh ${options} debian@${addressOf(to).address} ${command}`);
  };

  const served = await compute.settled(await create('e2e-cloud-served', CONFIG, {}), 'ACTIVE');
  await done(served);
  assert.match(await sh(served, 'cat /run/cloud-init/cloud-id /var/lib/cloud/instance/datasource'), /OpenStack/);
  assert.equal(await sh(served, 'cat /root/written'), 'by cloud-config');
  assert.match(await sh(served, 'ip -4 -br addr show eth0'), new RegExp(`${addressOf(served).address}/`));

  const drive = await compute.settled(await create('e2e-cloud-drive', SCRIPT, { config_drive: true }), 'ACTIVE');
  await done(drive);
  assert.match(await sh(drive, 'cat /var/lib/cloud/instance/datasource'), /ConfigDrive/);
  assert.equal(await ssh(drive, served, 'hostname'), 'e2e-cloud-served');
  assert.equal(await ssh(served, drive, 'hostname'), 'e2e-cloud-drive');
  assert.equal(await sh(drive, 'cat /root/ran'), 'ran');
  await sh(drive, 'rm /var/lib/cloud/instance/boot-finished');
  await api.call('POST', `/compute/v2.1/servers/${drive.id}/action`, { reboot: { type: 'SOFT' } });
  await fleet.ended(drive.id);
  await done(drive);
  assert.equal(await sh(drive, 'cat /root/ran'), 'ran', 'once for an instance');
  await fleet.remove(served.id, drive.id);
  await fleet.assertAudited();
});
