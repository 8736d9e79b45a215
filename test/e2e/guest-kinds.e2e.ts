import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retry } from '#libs/common/retry';
import { hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import type { GuestKind } from '#apps/cli/guest-images/guest-images';
import { GuestHealth } from './fleet/guest-health.js';
import { inside } from './fleet/inside.js';
import { TestFleet } from './fleet/test-fleet.js';

interface Mobility {
  live: { possible: boolean; reasons: string[] };
  init: string | null;
}

test('a sysvinit server moves live there and back, connected, and says before that it can', async (context) => {
  const kinds = await GuestKinds.open();
  context.after(() => kinds.fleet.close());
  const server = await kinds.running('sysvinit', kinds.fleet.flavorId);
  await kinds.isMovable(server, 'sysvinit');
  await kinds.movesThereAndBack(server);
  await kinds.starts(server, '/etc/init.d/procps', 'restart');
  await kinds.fleet.remove(server.id);
  await kinds.fleet.assertAudited();
});

test('a server with BusyBox as init and OpenRC moves live there and back, connected', async (context) => {
  const kinds = await GuestKinds.open();
  context.after(() => kinds.fleet.close());
  const server = await kinds.running('openrc', kinds.fleet.flavorId);
  await kinds.isMovable(server, 'openrc');
  await kinds.movesThereAndBack(server);
  await kinds.starts(server, 'rc-service', 'crond', 'restart');
  await kinds.fleet.remove(server.id);
  await kinds.fleet.assertAudited();
});

test('a server as Ubuntu is, with migration.stateful=true, moves live there and back, connected', async (context) => {
  const kinds = await GuestKinds.open();
  context.after(() => kinds.fleet.close());
  const server = await kinds.running('ubuntu', await kinds.fleet.statefulFlavor());
  await kinds.isMovable(server, 'systemd');
  await kinds.movesThereAndBack(server);
  await kinds.starts(server, 'systemctl', 'restart', 'cron', 'systemd-logind', 'systemd-networkd', 'systemd-resolved');
  await kinds.fleet.remove(server.id);
  await kinds.fleet.assertAudited();
});

test('a stock Debian with migration.stateful=true moves live there and back, connected', async (context) => {
  const kinds = await GuestKinds.open();
  context.after(() => kinds.fleet.close());
  const server = await kinds.running('stock', await kinds.fleet.statefulFlavor());
  await kinds.isMovable(server, 'systemd');
  await kinds.movesThereAndBack(server);
  await kinds.starts(server, 'systemctl', 'restart', 'systemd-logind');
  await kinds.fleet.remove(server.id);
  await kinds.fleet.assertAudited();
});

/** Kinds, and how often each goes there and back: what a move leaves behind, which only a later one meets, is systemd's. */
const today: { what: string; kind: GuestKind; rounds: number }[] = [
  { what: 'a stock Debian 13', kind: 'debian13', rounds: 2 },
  { what: 'a server as Ubuntu 24.04 is', kind: 'ubuntu2404', rounds: 1 },
  { what: 'a server as Fedora 41 is', kind: 'fedora41', rounds: 1 },
];
for (const { what, kind, rounds } of today)
  test(`${what}, with migration.stateful=true, moves live there and back, connected, and is well`, async (context) => {
    const kinds = await GuestKinds.open();
    context.after(() => kinds.fleet.close());
    const server = await kinds.running(kind, await kinds.fleet.statefulFlavor());
    await kinds.isMovable(server, 'systemd');
    const health = new GuestHealth(kinds.fleet, server);
    const failed = await health.failedUnits();
    for (let round = 0; round < rounds; round++) await kinds.movesThereAndBack(server);
    assert.deepEqual(await health.spinning(), []);
    assert.deepEqual(await health.failedUnits(), failed);
    await health.records();
    await kinds.starts(server, 'systemctl', 'restart', 'systemd-logind', 'systemd-journald');
    await health.stopsCleanly();
    await kinds.fleet.remove(server.id);
    await kinds.fleet.assertAudited();
  });

test('a server as Fedora 41 is, without the key, says all that keeps it from moving, and what to set', async (context) => {
  const kinds = await GuestKinds.open();
  context.after(() => kinds.fleet.close());
  const server = await kinds.running('fedora41', kinds.fleet.flavorId);
  const { live } = await kinds.mobilityOf(server);
  assert.equal(live.possible, false);
  const said = live.reasons.join('\n');
  assert.match(said, /hardened\.service has .*pid.* namespaces of its own: .*PrivatePIDs=no.*migration\.stateful=true/);
  assert.match(
    said,
    /systemd-journald\.service has its credentials on a ramfs: .*ImportCredential=.*migration\.stateful=true/,
  );
  assert.match(said, /systemd-resolved\.service sees a tmpfs .*PrivateTmp=yes.*migration\.stateful=true/);
  await kinds.fleet.remove(server.id);
  await kinds.fleet.assertAudited();
});

test('a stock Debian without the key says that it cannot be moved live, which unit it is and what to set', async (context) => {
  const kinds = await GuestKinds.open();
  context.after(() => kinds.fleet.close());
  const server = await kinds.running('stock', kinds.fleet.flavorId);
  const { live, init } = await kinds.mobilityOf(server);
  assert.equal(init, 'systemd');
  assert.equal(live.possible, false);
  context.diagnostic(live.reasons.join(' | '));
  assert.match(live.reasons.join(), /\.service.*migration\.stateful=true and restart the instance/);
  await kinds.fleet.remove(server.id);
  await kinds.fleet.assertAudited();
});

class GuestKinds {
  private constructor(readonly fleet: TestFleet) {}

  static async open(): Promise<GuestKinds> {
    return new GuestKinds(await TestFleet.open());
  }

  /** Makes a server of the image and waits until it is ACTIVE and answers. */
  async running(kind: GuestKind, flavorId: string): Promise<Server> {
    const { compute } = this.fleet.cloud;
    const image = await this.fleet.imageOfKind(kind);
    const id = await compute.create(`e2e-kind-${kind}`, image, flavorId, this.fleet.networkId);
    const server = await compute.settled(id, 'ACTIVE');
    await this.fleet.answers(server);
    return server;
  }

  async mobilityOf({ id }: Server): Promise<Mobility> {
    const path = `/fleet/v1/instances/${id}/mobility`;
    const { live, init } = (await this.fleet.cloud.api.call<{ mobility: Mobility }>('GET', path)).mobility;
    return { live, init };
  }

  /**
   * Checks that the server can be moved, once its init has come up: until then a service may have messages with their
   * sender's credentials before it, and the precheck says so.
   */
  async isMovable(server: Server, init: string): Promise<void> {
    await retry({ attempts: 240, baseMs: 500, maxMs: 500 }, async () =>
      assert.deepEqual(await this.mobilityOf(server), { live: { possible: true, reasons: [] }, init }),
    );
  }

  /** Checks that the server's own init can start a service. */
  async starts(server: Server, ...command: string[]): Promise<void> {
    await inside(this.fleet, server, ...command);
  }

  async movesThereAndBack(server: Server): Promise<void> {
    const { compute } = this.fleet.cloud;
    const home = hostOf(server);
    const { seen } = await this.fleet.cloud.underTraffic(server, async () => {
      await compute.movesLive(server.id);
      const away = hostOf(await compute.show(server.id));
      assert.notEqual(away, home);
      await compute.movesLive(server.id, home);
      assert.equal(hostOf(await compute.show(server.id)), home);
    });
    assert.ok(seen.open, seen.failure);
  }
}
