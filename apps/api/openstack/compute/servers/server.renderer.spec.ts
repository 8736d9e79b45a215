import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instance } from '#libs/compute/instances/instance.entity';
import type { InstanceView } from '#libs/compute/instances/read/instance-views';
import { renderServer } from './server.renderer.js';
import { statesOf, statusOf } from './server-status.js';

const created = new Date('2026-11-24T02:00:00.123Z');
const instance = {
  id: 'i1',
  name: 'web',
  hostname: 'web',
  projectId: 'p',
  userId: 'u',
  flavor: { id: 'f', name: 'tiny', vcpus: 1, ramMb: 64, diskGb: 1, extraSpecs: {} },
  vcpus: 1,
  memoryMb: 64,
  diskGb: 1,
  imageId: 'img',
  vmState: 'active',
  taskState: null,
  powerState: 1,
  metadata: {},
  tags: [],
  schedulerHints: {},
  availabilityZone: null,
  fault: { code: 500, message: 'old', created: '' },
  createdAt: created,
  updatedAt: created,
  launchedAt: created,
  deletedAt: null,
} as unknown as Instance;
const nic = {
  instanceId: 'i1',
  portId: 'p1',
  networkId: 'n1',
  networkName: 'net',
  mac: 'fa:16:3e:00:00:01',
  status: 'ACTIVE',
};
const view: InstanceView = {
  instance,
  nics: [{ ...nic, securityGroups: ['default'], fixedIps: [{ subnet_id: 's', ip_address: '10.0.0.2', version: 4 }] }],
  host: { id: 'h', name: 'h1', availabilityZone: 'nova', status: 'UP' },
  shown: { attributes: false, hostStatus: false, failures: false },
};
const base = 'https://c/compute/v2.1';

/** As administrators are shown it. */
const whole = (one: InstanceView): InstanceView => ({
  ...one,
  shown: { attributes: true, hostStatus: true, failures: true },
});

test('an instance that another face made without flavor and image shows its resources', () => {
  const bare = { ...view, instance: { ...instance, flavor: null, imageId: null } };
  const shown = renderServer(bare, { version: 90, base });
  assert.equal(shown.image, '');
  assert.deepEqual(shown.flavor, {
    vcpus: 1,
    ram: 64,
    disk: 1,
    ephemeral: 0,
    swap: 0,
    original_name: '',
    extra_specs: {},
  });
});

test('the flavor is a link up to 2.46 and embedded from 2.47 on', () => {
  const old = renderServer(view, { version: 46, base });
  assert.deepEqual(old.flavor, { id: 'f', links: [{ rel: 'bookmark', href: 'https://c/compute/flavors/f' }] });
  const now = renderServer(view, { version: 47, base }).flavor as Record<string, unknown>;
  assert.equal(now.original_name, 'tiny');
});

test('the host is told to admins only; its hash to all', () => {
  const seen = renderServer(view, { version: 90, base });
  assert.ok(!('OS-EXT-SRV-ATTR:host' in seen));
  assert.match(seen.hostId, /^[0-9a-f]{56}$/);
  const told: Record<string, unknown> = renderServer(whole(view), { version: 90, base });
  assert.equal(told['OS-EXT-SRV-ATTR:host'], 'h1');
  assert.equal(told.host_status, 'UP');
});

test('a fault is shown in ERROR only', () => {
  assert.ok(!('fault' in renderServer(whole(view), { version: 1, base })));
  const broken = { ...view, instance: { ...instance, vmState: 'error' } as Instance };
  assert.ok('fault' in renderServer(whole(broken), { version: 1, base }));
});

test('addresses and times have the form clients parse', () => {
  const server = renderServer(view, { version: 1, base });
  assert.equal(server.created, '2026-11-24T02:00:00Z');
  assert.equal(server['OS-SRV-USG:launched_at'], '2026-11-24T02:00:00.123000');
  assert.deepEqual(server.addresses.net, [
    { version: 4, addr: '10.0.0.2', 'OS-EXT-IPS:type': 'fixed', 'OS-EXT-IPS-MAC:mac_addr': nic.mac },
  ]);
});

test('status: each state that shows as a status is found by it', () => {
  assert.equal(statusOf('active', 'migrating'), 'MIGRATING');
  assert.equal(statusOf('active', 'powering-off'), 'ACTIVE');
  assert.equal(statusOf('resized', 'resize_reverting'), 'REVERT_RESIZE');
  assert.deepEqual(
    statesOf('migrating').map(({ vmState }) => vmState),
    ['active', 'paused'],
  );
  assert.ok(statesOf('ACTIVE')[0]!.notTaskState!.includes('migrating'));
  assert.deepEqual(statesOf('nonsense'), []);
});
