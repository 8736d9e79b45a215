import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import { inside } from '../fleet/inside.js';
import { TestFleet } from '../fleet/test-fleet.js';

/** A disk arrives by every kind of move. */
for (const image of ['busybox', 'debian'] as const) {
  test(`what a ${image} server wrote is there after a cold, a resize, a reverted and a live move`, async (context) => {
    const fleet = await TestFleet.open();
    context.after(() => fleet.close());
    const server = await fleet.running(`e2e-disk-${image}`, image);
    const { compute } = fleet.cloud;
    const flavor = await compute.ensureFlavor('e2e.disk', { vcpus: 1, ram: 160, disk: 1 });
    const written: string[] = [];
    const write = async (note: string) => {
      await inside(fleet, server, '/bin/sh', '-c', `echo ${note} >/etc/${note} && rm -f /etc/motd`);
      written.push(note);
    };
    const whole = async () => {
      const host = hostOf(await fleet.answers(server).then(() => compute.show(server.id)));
      for (const note of written) assert.equal((await inside(fleet, server, '/bin/cat', `/etc/${note}`)).trim(), note);
      const left = await inside(fleet, server, '/bin/sh', '-c', 'test -e /etc/motd && echo there || echo gone');
      assert.equal(left.trim(), 'gone', 'a file of the image that was removed');
      return host;
    };
    await write('made');
    let host = await whole();
    const moved = async (name: string) => {
      const now = await whole();
      assert.notEqual(now, host, name);
      host = now;
    };

    await compute.coldMigrate(server.id);
    await compute.act(server.id, { confirmResize: null });
    await compute.settled(server.id, 'ACTIVE');
    await moved('cold');

    await write('cold');
    await resize(fleet, server, flavor, 'confirmResize');
    await moved('resized');

    await write('resized');
    await resize(fleet, server, fleet.flavorId, 'revertResize');
    assert.equal(await whole(), host, 'reverted');

    await write('reverted');
    for (const name of ['live', 'live and back']) {
      await compute.movesLive(server.id);
      await moved(name);
      await write(name.replaceAll(' ', '-'));
    }
    await fleet.remove(server.id);
    await fleet.assertAudited();
  });
}

async function resize(fleet: TestFleet, server: Server, flavorRef: string, end: 'confirmResize' | 'revertResize') {
  const { compute } = fleet.cloud;
  await compute.act(server.id, { resize: { flavorRef } });
  await compute.settled(server.id, 'VERIFY_RESIZE');
  await compute.act(server.id, { [end]: null });
  await compute.settled(server.id, 'ACTIVE');
}
