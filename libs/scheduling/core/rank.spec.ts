import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { explainLines } from './explanation.js';
import { FleetView } from './fleet-view.js';
import type { HostRow } from './fleet-view.js';
import { host } from './host-row.fixture.js';
import { rank } from './rank.js';
import type { PlacementQuery } from './request.js';

const query = (changes: Partial<PlacementQuery> = {}): PlacementQuery => ({
  resources: { vcpus: 1, memoryMb: 100, diskGb: 1 },
  availabilityZone: null,
  requestedHostId: null,
  force: false,
  excludedHostIds: new Set(),
  capabilities: [],
  architecture: null,
  storageDriver: null,
  sameHostIds: null,
  differentHostIds: null,
  group: null,
  ...changes,
});

const names = (rows: HostRow[], asked: PlacementQuery) => {
  const fleet = new FleetView(rows);
  return rank(fleet, asked, () => 0).candidates.map(({ index }) => fleet.names[index]);
};

test('the emptiest host comes first', () => {
  const rows = [host('a', { usedMemoryMb: 2048, usedVcpus: 4, instances: 4 }), host('b'), host('c', { instances: 1 })];
  assert.deepEqual(names(rows, query()), ['b', 'c', 'a']);
});

test('every rejected host has its filter and its reason', () => {
  const rows = [
    host('down', { up: false }),
    host('off', { enabled: false }),
    host('far', { availabilityZone: 'west' }),
    host('arm', { architecture: 'aarch64' }),
    host('fixed', { capabilities: [] }),
    host('full', { usedMemoryMb: 4050 }),
  ];
  const asked = query({ availabilityZone: 'nova', architecture: 'x86_64', capabilities: ['restore'] });
  const { candidates, explanation } = rank(new FleetView(rows), asked, () => 0);
  assert.equal(candidates.length, 0);
  assert.deepEqual(explainLines(explanation), [
    'down: availability: its agent is down',
    'off: availability: it is disabled',
    'far: availability-zone: it is in zone west, not nova',
    'arm: architecture: it is aarch64, the image is x86_64',
    'fixed: capability: it cannot restore',
    'full: capacity: 100 MiB of memory wanted, 46 free',
  ]);
  assert.deepEqual(explanation.removed, {
    availability: 2,
    'availability-zone': 1,
    architecture: 1,
    capability: 1,
    capacity: 1,
  });
});

test('server groups keep their members together or apart', () => {
  const rows = [host('a'), host('b')];
  const membersByHost = new Map([['id-a', 1]]);
  const group = (policy: 'affinity' | 'anti-affinity' | 'soft-affinity' | 'soft-anti-affinity') =>
    names(rows, query({ group: { policy, membersByHost, maxPerHost: 1 } }));
  assert.deepEqual(group('affinity'), ['a']);
  assert.deepEqual(group('anti-affinity'), ['b']);
  assert.deepEqual(group('soft-affinity'), ['a', 'b']);
  assert.deepEqual(group('soft-anti-affinity'), ['b', 'a']);
});

test('a forced host is taken although it is disabled, never beyond its capacity', () => {
  const forced = query({ requestedHostId: 'id-a', force: true });
  assert.deepEqual(names([host('a', { enabled: false }), host('b')], forced), ['a']);
  assert.deepEqual(names([host('a', { usedVcpus: 16 }), host('b')], forced), []);
});

test('a disk is moved only to a host that stores disks in the same way, also where an operator forces it', () => {
  const rows = [host('b', { storageDriver: 'btrfs' }), host('o'), host('u', { storageDriver: '' })];
  assert.deepEqual(names(rows, query({ storageDriver: 'overlay' })), ['o']);
  assert.deepEqual(names(rows, query({ storageDriver: 'overlay', requestedHostId: 'id-b', force: true })), []);
  assert.equal(names(rows, query()).length, 3);
});

test('a host whose processor lacks something is left out, also where it is forced', () => {
  const rows = [host('a'), host('b')];
  const missingCpuFeatures = new Map([['id-b', ['avx512f']]]);
  assert.deepEqual(names(rows, query({ missingCpuFeatures })), ['a']);
  assert.deepEqual(names(rows, query({ missingCpuFeatures, requestedHostId: 'id-b', force: true })), []);
});

test('a port that groups close goes to a host that filters, where there is one', () => {
  const filters = { capabilities: ['security-groups'] };
  const rows = [host('plain'), host('able', filters)];
  assert.deepEqual(names(rows, query({ needsPortFilter: true })), ['able']);
  assert.deepEqual(names(rows, query({ needsPortFilter: true, requestedHostId: 'id-plain', force: true })), []);
  assert.equal(names(rows, query()).length, 2);
  assert.deepEqual(names([host('plain'), host('able', { ...filters, up: false })], query({ needsPortFilter: true })), [
    'plain',
  ]);
});

const anyHost = fc.record({
  up: fc.boolean(),
  enabled: fc.boolean(),
  availabilityZone: fc.constantFrom('nova', 'west'),
  capabilities: fc.subarray(['checkpoint', 'restore', 'security-groups']),
  usedVcpus: fc.integer({ min: 0, max: 18 }),
  usedMemoryMb: fc.integer({ min: 0, max: 4200 }),
  usedDiskGb: fc.integer({ min: 0, max: 110 }),
  instances: fc.nat(20),
});
const anyQuery = fc.record({
  resources: fc.record({ vcpus: fc.integer({ min: 1, max: 8 }), memoryMb: fc.nat(2048), diskGb: fc.nat(40) }),
  availabilityZone: fc.constantFrom(null, 'nova', 'west'),
  capabilities: fc.subarray(['checkpoint', 'restore']),
  needsPortFilter: fc.boolean(),
});

test('the candidates are exactly the hosts that a naive reading lets through', () => {
  fc.assert(
    fc.property(fc.array(anyHost, { maxLength: 12 }), anyQuery, (hosts, changes) => {
      const rows = hosts.map((one, n) => host(`h${n}`, one));
      const asked = query(changes);
      const { resources: need, needsPortFilter } = asked;
      const canFilter = (row: HostRow) => row.capabilities.includes('security-groups');
      const someFilter = rows.some((row) => row.up && canFilter(row));
      const fits = rows.filter(
        (row) =>
          row.up &&
          row.enabled &&
          (asked.availabilityZone === null || row.availabilityZone === asked.availabilityZone) &&
          (!needsPortFilter || !someFilter || canFilter(row)) &&
          asked.capabilities.every((name) => row.capabilities.includes(name)) &&
          row.usedVcpus + need.vcpus <= row.vcpus &&
          row.usedMemoryMb + need.memoryMb <= row.memoryMb &&
          row.usedDiskGb + need.diskGb <= row.diskGb,
      );
      const ranking = rank(new FleetView(rows), asked, () => 0);
      assert.deepEqual(
        new Set(ranking.candidates.map(({ index }) => rows[index].name)),
        new Set(fits.map((f) => f.name)),
      );
      assert.equal(ranking.explanation.hosts.length, rows.length);
      const weights = ranking.candidates.map(({ weight }) => weight);
      assert.deepEqual(
        weights,
        weights.toSorted((a, b) => b - a),
      );
    }),
  );
});
