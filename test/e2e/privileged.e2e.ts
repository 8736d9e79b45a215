import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ApiError } from '#apps/cli/client/api';
import { hostOf } from '#apps/cli/client/compute';
import { inside } from './fleet/inside.js';
import { TestFleet } from './fleet/test-fleet.js';

test('a privileged server is refused while no host allows it; then it runs and moves live where it is allowed', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { compute } = fleet.cloud;
  const flavorRef = await privilegedFlavor(fleet);
  const create = () => compute.create('e2e-privileged', fleet.images.busybox, flavorRef, fleet.networkId);
  await assert.rejects(create, (error) => {
    assert.ok(error instanceof ApiError && error.status === 403);
    return /flavorRef.*security\.privileged.*LXSTACK_AGENT_PRIVILEGED=true/.test(error.message);
  });

  await whereAllowed(fleet, async (allowing) => {
    const server = await compute.settled(await create(), 'ACTIVE');
    await fleet.answers(server);
    const home = hostOf(server);
    assert.ok(allowing.includes(home), `${home} allows it`);
    const ids = () => inside(fleet, server, 'cat', '/proc/self/uid_map');
    assert.match(await ids(), /^\s*0\s+0\s+4294967295\s*$/);
    const { seen } = await fleet.cloud.underTraffic(server, async () => {
      await compute.movesLive(server.id);
      const away = hostOf(await compute.show(server.id));
      assert.deepEqual([home, away].sort(), [...allowing].sort());
      assert.match(await ids(), /^\s*0\s+0\s+4294967295\s*$/);
      await compute.movesLive(server.id, home);
    });
    assert.ok(seen.open, seen.failure);
    const folder = join(fleet.local.layout.host(home).agentState, 'instances', server.id);
    assert.equal((await stat(folder)).mode & 0o777, 0o700, "closed to the host's other users");
    await assert.rejects(compute.act(server.id, { resize: { flavorRef: fleet.flavorId } }), /flavorRef.*privileged/);
    await fleet.remove(server.id);
    await fleet.assertAudited();
  });
});

test('a privileged systemd server moves live there and back, connected; with services of other users only where CRIU may read their limits', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { compute } = fleet.cloud;
  const flavorRef = await privilegedFlavor(fleet);
  const metadata = { 'lxd:migration.stateful': 'true' };
  await whereAllowed(fleet, async () => {
    const id = await compute.create('e2e-privileged-systemd', fleet.images.debian, flavorRef, fleet.networkId, {
      metadata,
    });
    const server = await compute.settled(id, 'ACTIVE');
    await fleet.answers(server);
    const reasons = await reasonsOf(fleet, id);
    if (reasons.length) {
      // On a host without CAP_SYS_RESOURCE each reason names a service that root does not run.
      for (const reason of reasons) assert.match(reason, /^dbus\.service is not run by root.*CAP_SYS_RESOURCE/);
      await inside(fleet, server, 'systemctl', 'stop', 'dbus.socket', 'dbus.service', 'systemd-logind.service');
      assert.deepEqual(await reasonsOf(fleet, id), []);
    }
    const home = hostOf(server);
    const { seen } = await fleet.cloud.underTraffic(server, async () => {
      await compute.movesLive(id);
      await inside(fleet, server, 'systemctl', 'restart', 'systemd-journald.service');
      await compute.movesLive(id, home);
    });
    assert.ok(seen.open, seen.failure);
    context.diagnostic(`longest gap ${seen.longestGapMs.toFixed(0)} ms, ${reasons.length} reasons before`);
    await inside(fleet, server, 'systemctl', 'start', 'dbus.service');
    await inside(fleet, server, 'systemctl', 'is-active', 'dbus.service', 'echo.service');
    await fleet.remove(id);
    await fleet.assertAudited();
  });
});

async function reasonsOf(fleet: TestFleet, id: string): Promise<string[]> {
  const path = `/fleet/v1/instances/${id}/mobility`;
  return (await fleet.cloud.api.call<{ mobility: { live: { reasons: string[] } } }>('GET', path)).mobility.live.reasons;
}

/** Runs `work` while two hosts allow privileged instances. */
async function whereAllowed(fleet: TestFleet, work: (hosts: string[]) => Promise<void>): Promise<void> {
  const allowing = fleet.local.hosts.slice(0, 2);
  await Promise.all(allowing.map((host) => allow(fleet, host, true)));
  try {
    await work(allowing);
  } finally {
    await Promise.all(allowing.map((host) => allow(fleet, host, false)));
  }
}

async function privilegedFlavor(fleet: TestFleet): Promise<string> {
  const flavor = await fleet.cloud.compute.ensureFlavor('e2e.privileged', { vcpus: 1, ram: 128, disk: 1 });
  const extra = { extra_specs: { 'lxd:security.privileged': 'true' } };
  await fleet.cloud.api.call('POST', `/compute/v2.1/flavors/${flavor}/os-extra_specs`, extra);
  return flavor;
}

/** Restarts the host's agent with the setting of an operator who allows privileged instances there, or does not. */
async function allow(fleet: TestFleet, host: string, allowed: boolean): Promise<void> {
  process.env.LXSTACK_AGENT_PRIVILEGED = String(allowed);
  await fleet.local.killAgent(host);
  await fleet.local.startAgent(host);
  await fleet.cloud.events.until(host, `${host} says so`, 120_000, async () => {
    const { hosts } = await fleet.cloud.api.call<{
      hosts: { name: string; capabilities: { name: string; present: boolean }[] }[];
    }>('GET', '/fleet/v1/hosts');
    const found = hosts.find(({ name }) => name === host)?.capabilities.find(({ name }) => name === 'privileged');
    return found?.present === allowed ? true : undefined;
  });
}
