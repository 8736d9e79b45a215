import assert from 'node:assert/strict';
import { test } from 'node:test';
import { command } from '#apps/cli/process/command';
import { setting } from '#libs/common/config';
import type { Server } from '#apps/cli/client/compute';
import { inside } from './fleet/inside.js';
import { TestFleet } from './fleet/test-fleet.js';

interface Health {
  well: boolean | null;
  findings: string[];
  init: { kind: string; answers: boolean | null; state: string };
  cpu: {
    seconds_before: number | null;
    seconds: number;
    spinning: { name: string; before: number; now: number }[];
    tasks: { name: string; before: number | null; now: number | null }[];
  };
  limits: { name: string; expected: number; found: number }[];
  cannot_pause: string | null;
  failed_units: string[];
}

const MiB = 1024 ** 2;

test('a guest that spins since its move, with a service that failed, is told so: record and migration watch', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { compute } = fleet.cloud;
  const server = await fleet.running('e2e-health-systemd', 'debian');
  // A process looks as if it had started with the move: by that these two see that there was one.
  const waits =
    'started() { cut -d" " -f22 /proc/$$/stat; }; first=$(started); while [ $(started) = $first ]; do sleep 0.3; done';
  await unit(fleet, server, 'spins-after', `${waits}; while :; do :; done`);
  await unit(fleet, server, 'fails-after', `${waits}; exit 3`);
  await compute.movesLive(server.id);
  const main = new URL('../../../lxstack', import.meta.url).pathname;
  const watched = await command(main, [
    '-d',
    setting('LXSTACK_DEPLOYMENT'),
    'migration',
    'watch',
    '--server',
    server.id,
  ]);
  context.diagnostic(watched);
  assert.match(watched, /^guest: not well$/m);
  assert.match(watched, /spins-after\.service\) did not run before the move and spins now/);
  const health = await healthOf(fleet, server);
  context.diagnostic(JSON.stringify(health));
  assert.equal(health.well, false);
  assert.deepEqual(
    health.cpu.spinning.map(({ name }) => /spins-after\.service/.test(name)),
    [true],
    'the one that spins, and no other',
  );
  const [busiest] = health.cpu.tasks;
  assert.match(busiest!.name, /spins-after\.service/);
  assert.ok(busiest!.before! < 0.25 && busiest!.now! > 0.9, JSON.stringify(busiest));
  assert.deepEqual(health.failed_units, ['fails-after.service']);
  assert.deepEqual([health.init.kind, health.init.answers, health.init.state], ['systemd', true, 'degraded']);
  assertLimited(health);
  await fleet.remove(server.id);
  await fleet.assertAudited();
});

test('a guest is well after its move: its limits are in force, it can be paused, and it is killed at its memory limit', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { compute } = fleet.cloud;
  const server = await fleet.running('e2e-health-busybox');
  await compute.movesLive(server.id);
  const health = await healthOf(fleet, server);
  context.diagnostic(JSON.stringify(health));
  assert.deepEqual([health.well, health.findings], [true, []]);
  assert.equal(health.init.answers, true);
  assertLimited(health);
  await compute.act(server.id, { pause: null });
  await compute.settled(server.id, 'PAUSED');
  await compute.act(server.id, { unpause: null });
  await compute.settled(server.id, 'ACTIVE');
  await fleet.answers(server);
  // It reads for a line's end that never comes, and keeps what it has read.
  const said = await inside(fleet, server, 'sh', '-c', 'tail /dev/zero; echo ended with $?');
  assert.match(said, /ended with 137/, 'killed at the limit');
  await fleet.answers(server);
  assert.equal((await compute.show(server.id)).status, 'ACTIVE');
  // A move while the guest is looked at does not wait for the look, which then says nothing.
  await compute.movesLive(server.id);
  await compute.movesLive(server.id);
  assert.equal((await healthOf(fleet, server)).well, true);
  await fleet.remove(server.id);
  await fleet.assertAudited();
});

test('what systemctl set-property --runtime has set on a service is kept by a move, in systemd and in its cgroup', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const server = await fleet.running('e2e-health-property', 'debian');
  const name = 'limited.service';
  await unit(fleet, server, 'limited', 'while :; do sleep 1; done');
  const settings = ['CPUQuota=30%', 'CPUWeight=55', 'TasksMax=77', `MemoryMax=${64 * MiB}`];
  await inside(fleet, server, 'systemctl', 'set-property', '--runtime', name, ...settings);
  // Every file of its cgroups that limits something, in whichever hierarchies the guest has.
  const files =
    'cat /proc/$(systemctl show -P MainPID limited.service)/cgroup; find /sys/fs/cgroup -path "*limited.service/*" ' +
    '\\( -name "*.max" -o -name "*limit_in_bytes" -o -name "*weight" -o -name "*shares" -o -name "*quota_us" \\) ' +
    '-exec grep -H . {} + | sort';
  const look = async () => ({
    properties: await inside(
      fleet,
      server,
      'systemctl',
      'show',
      '-p',
      'CPUQuotaPerSecUSec,CPUWeight,TasksMax,MemoryMax',
      name,
    ),
    cgroups: await inside(fleet, server, 'sh', '-c', files),
  });
  const before = await look();
  context.diagnostic(before.cgroups);
  assert.match(before.properties, /TasksMax=77/);
  await fleet.cloud.compute.movesLive(server.id);
  assert.deepEqual(await look(), before);
  // It still is a setting of a running systemd, not a remnant: it can be changed, and the service started anew has it.
  await inside(fleet, server, 'systemctl', 'set-property', '--runtime', name, 'TasksMax=66');
  await inside(fleet, server, 'systemctl', 'restart', name);
  const after = (await look()).properties;
  assert.equal(after, before.properties.replace('TasksMax=77', 'TasksMax=66'));
  await fleet.remove(server.id);
  await fleet.assertAudited();
});

/** The look at the guest after its latest move; waits for it. */
async function healthOf({ cloud }: TestFleet, server: Server): Promise<Health> {
  const path = `/fleet/v1/instances/${server.id}/live-migration`;
  return cloud.events.until(server.id, 'the look at the guest', 120_000, async () => {
    const { live_migration } = await cloud.api.call<{ live_migration: { health: Health | null } }>('GET', path);
    return live_migration.health ?? undefined;
  });
}

/** Of the flavor e2e.small; on hosts that have the controllers. */
function assertLimited({ limits, cannot_pause }: Health): void {
  const found = Object.fromEntries(limits.map((limit) => [limit.name, limit.found]));
  assert.deepEqual(found, { 'memory.max': 128 * MiB, 'pids.max': 4096, 'cpu.max': 100_000 });
  assert.equal(cannot_pause, null);
}

/** A transient service that runs a script. In a file: systemd expands what looks like a variable in its command lines. */
async function unit(fleet: TestFleet, server: Server, name: string, script: string): Promise<void> {
  const make =
    'printf "%s\\n" "$1" > /root/$0.sh; systemd-run --quiet --no-block --unit=$0 /bin/sh /root/$0.sh; ' +
    'until systemctl --quiet is-active $0; do sleep 0.1; done';
  await inside(fleet, server, 'sh', '-c', make, name, script);
}
