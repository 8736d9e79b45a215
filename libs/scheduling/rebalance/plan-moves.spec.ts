import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FleetView } from '../core/fleet-view.js';
import type { HostRow } from '../core/fleet-view.js';
import { host } from '../core/host-row.fixture.js';
import type { PlacedInstance, PlannedMove, RebalanceInput, RebalanceSettings } from './plan.js';
import { planMoves } from './plan-moves.js';
import { loadOf, spreadOf } from './spread.js';

const settings: RebalanceSettings = {
  goal: 'deviation',
  threshold: 0,
  weights: { vcpus: 1, memory: 1, disk: 0 },
  kinds: ['live', 'cold'],
  maxMoves: 100,
  maxBytes: null,
  maxBlackoutMs: null,
};

const guest = (id: string, on: string, changes: Partial<PlacedInstance> = {}): PlacedInstance => ({
  id,
  name: id,
  hostId: `id-${on}`,
  resources: { vcpus: 1, memoryMb: 256, diskGb: 1 },
  running: true,
  held: null,
  notLive: null,
  availabilityZone: null,
  architecture: null,
  group: null,
  sameAs: [],
  differentFrom: [],
  cost: { live: { bytes: 100, blackoutMs: 100 }, cold: { bytes: 50, blackoutMs: 5_000 } },
  ...changes,
});

/** Hosts with what their instances use. */
function input(hosts: HostRow[], instances: PlacedInstance[], changes: Partial<RebalanceSettings> = {}) {
  const used = (row: HostRow, of: keyof PlacedInstance['resources']) =>
    instances.filter(({ hostId }) => hostId === row.id).reduce((sum, one) => sum + one.resources[of], 0);
  const rows = hosts.map((row) => ({
    ...row,
    usedVcpus: used(row, 'vcpus'),
    usedMemoryMb: used(row, 'memoryMb'),
    usedDiskGb: used(row, 'diskGb'),
    instances: instances.filter(({ hostId }) => hostId === row.id).length,
  }));
  const none = { groups: new Map(), lackingCpu: new Map() };
  return { ...none, hosts: rows, instances, settings: { ...settings, ...changes } } satisfies RebalanceInput;
}

const after = (from: RebalanceInput, moves: PlannedMove[]): RebalanceInput => {
  const to = new Map(moves.map((move) => [move.instanceId, move.toHostId]));
  const moved = from.instances.map((one) => ({ ...one, hostId: to.get(one.id) ?? one.hostId }));
  return { ...input([...from.hosts], moved, from.settings), groups: from.groups, lackingCpu: from.lackingCpu };
};

const six = () => Array.from({ length: 6 }, (_, n) => guest(`g${n}`, 'a'));
const three = () => ['a', 'b', 'c'].map((name) => host(name));

test('six instances of one host are spread over three', () => {
  const plan = planMoves(input(three(), six()));
  assert.deepEqual(plan.moves.map(({ to }) => to).sort(), ['b', 'b', 'c', 'c']);
  assert.equal(plan.spreadAfter, 0);
  assert.deepEqual(plan.cost, { bytes: 400, blackoutMs: 400, longestBlackoutMs: 100 });
});

test('a fleet that is even enough is left alone, and says so', () => {
  const plan = planMoves(input(three(), six(), { threshold: 0.5 }));
  assert.deepEqual(plan.moves, []);
  assert.equal(plan.end, 'within-threshold');
});

test('limits end a plan: moves, bytes, blackout, kinds', () => {
  assert.equal(planMoves(input(three(), six(), { maxMoves: 1 })).end, 'max-moves');
  assert.equal(planMoves(input(three(), six(), { maxBytes: 250 })).moves.length, 2);
  assert.equal(planMoves(input(three(), six(), { maxBlackoutMs: 99 })).moves.length, 0);
  const fixed = six().map((one) => ({ ...one, notLive: 'it is privileged' }));
  assert.deepEqual(planMoves(input(three(), fixed, { kinds: ['live'] })).reasons, [
    'No allowed move makes the spread smaller.',
    '6 instances stay: it cannot be moved live (it is privileged), and cold moves are not allowed.',
  ]);
  assert.deepEqual(new Set(planMoves(input(three(), fixed)).moves.map(({ kind }) => kind)), new Set(['cold']));
});

test('nothing goes to a host that is off, down, elsewhere or without the capability, or leaves one that is off', () => {
  const others = [
    host('b', { enabled: false }),
    host('c', { up: false }),
    host('d', { availabilityZone: 'west' }),
    host('e', { capabilities: [] }),
  ];
  const here = six().map((one) => ({ ...one, availabilityZone: 'nova' }));
  const plan = planMoves(input([host('a'), ...others], here));
  assert.deepEqual(plan.moves, []);
  assert.equal(plan.end, 'no-better-move');
  assert.deepEqual(planMoves(input([host('a', { enabled: false }), host('b'), host('c')], six())).moves, []);
});

test('nothing goes live to a processor that lacks what it may use: to another host, or stopped', () => {
  const lackingCpu = new Map([['id-a', new Map([['id-b', ['avx512f']]])]]);
  const targets = (from: RebalanceInput) => new Set(planMoves(from).moves.map(({ to }) => to));
  assert.deepEqual(targets({ ...input(three(), six()), lackingCpu }), new Set(['c']));
  const two = { ...input([host('a'), host('b')], six()), lackingCpu };
  const { moves, reasons } = planMoves(two);
  assert.deepEqual(moves, []);
  assert.ok(reasons.some((reason) => /^Filter cpu-features ruled out \d+ better targets/.test(reason)));
  const stopped = six().map((one) => ({ ...one, running: false }));
  assert.deepEqual(targets({ ...input([host('a'), host('b')], stopped), lackingCpu }), new Set(['b']));
  const there = six().map((one) => ({ ...one, hostId: 'id-b' }));
  assert.deepEqual(
    targets({ ...input(three(), there), lackingCpu }),
    new Set(['a', 'c']),
    'to a newer one they may go',
  );
});

test('server groups stay as they must: apart, together, or at least no worse', () => {
  const grouped = (policy: 'affinity' | 'anti-affinity' | 'soft-anti-affinity', instances: PlacedInstance[]) =>
    planMoves({ ...input(three(), instances), groups: new Map([['g', { policy, maxPerHost: 1 }]]) }).moves;
  const members = six().map((one) => ({ ...one, group: 'g' }));
  assert.deepEqual(grouped('affinity', members), []);
  assert.deepEqual(
    grouped('anti-affinity', members)
      .map(({ to }) => to)
      .sort(),
    ['b', 'c'],
  );
  assert.equal(grouped('soft-anti-affinity', members).length, 4);
});

const anyHost = fc.record({
  enabled: fc.boolean().map((one) => one || undefined),
  availabilityZone: fc.constantFrom('nova', 'nova', 'west'),
  capabilities: fc.constantFrom(['checkpoint', 'restore'], ['checkpoint', 'restore'], []),
  vcpus: fc.constantFrom(16, 32),
  memoryMb: fc.constantFrom(2048, 4096),
});
const anyGuest = fc.record({
  on: fc.nat(),
  resources: fc.record({
    vcpus: fc.integer({ min: 1, max: 4 }),
    memoryMb: fc.constantFrom(64, 256, 512),
    diskGb: fc.nat(5),
  }),
  running: fc.boolean(),
  notLive: fc.constantFrom(null, null, 'privileged'),
  availabilityZone: fc.constantFrom(null, null, 'nova'),
  group: fc.constantFrom(null, null, 'apart', 'soft'),
});
const anyFleet = fc
  .record({
    hosts: fc.array(anyHost, { minLength: 1, maxLength: 6 }),
    guests: fc.array(anyGuest, { maxLength: 25 }),
    goal: fc.constantFrom<RebalanceSettings['goal'][]>('deviation', 'range'),
    threshold: fc.constantFrom(0, 0.05),
    maxMoves: fc.integer({ min: 1, max: 30 }),
  })
  .map(({ hosts, guests, goal, threshold, maxMoves }): RebalanceInput => {
    const rows = hosts.map(({ enabled, ...one }, n) => host(`h${n}`, { ...one, enabled: enabled ?? n % 2 === 0 }));
    const placed = guests.map(({ on, ...one }, n) => guest(`g${n}`, `h${on % rows.length}`, one));
    const groups: RebalanceInput['groups'] = new Map([
      ['apart', { policy: 'anti-affinity', maxPerHost: 1 }],
      ['soft', { policy: 'soft-anti-affinity', maxPerHost: 1 }],
    ]);
    return { ...input(rows, placed, { goal, threshold, maxMoves }), groups };
  });

const measured = ({ hosts, settings: { goal, weights } }: RebalanceInput) => {
  const fleet = new FleetView(hosts.filter(({ enabled, up }) => enabled && up));
  return spreadOf(
    fleet.rows.map((_, one) => loadOf(fleet, one, weights)),
    goal,
  );
};

test('after every move nothing breaks a rule, and the spread at the end is as promised and smaller', () => {
  fc.assert(
    fc.property(anyFleet, (fleet) => {
      const plan = planMoves(fleet);
      assert.equal(new Set(plan.moves.map(({ instanceId }) => instanceId)).size, plan.moves.length);
      for (const [n, move] of plan.moves.entries()) {
        const then = after(fleet, plan.moves.slice(0, n + 1));
        const to = then.hosts.find(({ id }) => id === move.toHostId)!;
        const one = then.instances.find(({ id }) => id === move.instanceId)!;
        assert.ok(to.usedVcpus <= to.vcpus && to.usedMemoryMb <= to.memoryMb && to.usedDiskGb <= to.diskGb);
        assert.ok(to.up && to.enabled && (move.kind === 'cold' || to.capabilities.includes('restore')));
        assert.ok(one.availabilityZone === null || one.availabilityZone === to.availabilityZone);
        const apart = then.instances.filter(({ hostId, group }) => hostId === to.id && group === 'apart');
        assert.ok(one.group !== 'apart' || apart.length === 1);
      }
      assert.ok(Math.abs(plan.spreadAfter - measured(after(fleet, plan.moves))) < 1e-6);
      if (plan.moves.length) assert.ok(plan.spreadAfter < plan.spreadBefore);
    }),
  );
});

test('the plan does not depend on the order of the input', () => {
  fc.assert(
    fc.property(anyFleet, (fleet) => {
      const turned = { ...fleet, hosts: fleet.hosts.toReversed(), instances: fleet.instances.toReversed() };
      assert.deepEqual(planMoves(turned), planMoves(fleet));
    }),
  );
});

test('plan after plan comes to an end', () => {
  fc.assert(
    fc.property(anyFleet, (fleet) => {
      let now = fleet;
      for (let round = 0; round < 200; round++) {
        const { moves } = planMoves(now);
        if (!moves.length) return;
        now = after(now, moves);
      }
      assert.fail('still moving after 200 plans');
    }),
  );
});
