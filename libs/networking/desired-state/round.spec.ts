import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change } from './change-log.js';
import type { NetworkFacts, PortFact } from './host-facts.js';
import { hostDeltas, networkDeltas, outcomeFor, touchedPairs } from './round.js';

const port = (id: string, hostId: string, vtep = `vtep-${hostId}`): PortFact => ({
  id,
  networkId: 'n',
  mac: `mac-${id}`,
  fixedIps: [{ subnet_id: 's', ip_address: `ip-${id}` }],
  portSecurity: true,
  adminStateUp: true,
  deviceIndex: 0,
  hostname: `vm-${id}`,
  guest: null,
  hostId,
  filter: null,
  vtep,
});
const change = (resourceId: string, fromHostId: string | null, toHostId: string | null): Change => ({
  kind: 'port',
  networkId: 'n',
  resourceId,
  groupId: null,
  fromHostId,
  toHostId,
});
const facts = (...ports: PortFact[]) => ({ networks: [], subnets: [], ports });
const nothing: NetworkFacts = { networks: [], subnets: [], ports: [] };
const words = (delta: {
  changed: readonly { id: string; body?: { $case: string } }[];
  removed: readonly { kind: string; id: string }[];
}) => [
  ...delta.changed.map(({ id, body }) => `+${body!.$case} ${id}`),
  ...delta.removed.map(({ kind, id }) => `-${kind} ${id}`),
];

test('where a port has moved, every host of the network learns its new place, and its two hosts that it came or went', () => {
  const changes = [change('p', 'h1', 'h2')];
  const now = facts(port('p', 'h2'));
  const ofNetworks = networkDeltas(changes, now);
  const own = hostDeltas(changes, now);
  const told = (hostId: string) =>
    words(outcomeFor({ hostId, networks: new Set(['n']) }, ofNetworks, own.get(hostId), nothing, []).delta);
  assert.deepEqual(told('h1'), ['+peer p', '-port p']);
  assert.deepEqual(told('h2'), ['+peer p', '+port p']);
  assert.deepEqual(told('h3'), ['+peer p']);
});

test('what a guest is told of itself goes to its own host only, unless its port has changed too', () => {
  const guest: Change = { ...change('p', 'h2', 'h2'), kind: 'guest' };
  const now = facts(port('p', 'h2'));
  const told = (changes: Change[], hostId: string) =>
    words(
      outcomeFor(
        { hostId, networks: new Set(['n']) },
        networkDeltas(changes, now),
        hostDeltas(changes, now).get(hostId),
        nothing,
        [],
      ).delta,
    );
  assert.deepEqual(told([guest], 'h2'), ['+port p']);
  assert.deepEqual(told([guest], 'h3'), []);
  assert.deepEqual(told([guest, change('p', 'h1', 'h2')], 'h3'), ['+peer p']);
});

test('a host without a port on the network is told nothing of it', () => {
  const changes = [change('p', null, 'h2')];
  const { delta } = outcomeFor(
    { hostId: 'h3', networks: new Set(['other']) },
    networkDeltas(changes, facts(port('p', 'h2'))),
    undefined,
    nothing,
    [],
  );
  assert.deepEqual(words(delta), []);
});

test('a host with its first port on a network is told all of it, one that loses its last port loses all of it', () => {
  const all: NetworkFacts = {
    networks: [{ id: 'n', vni: 1, mtu: 1450, adminStateUp: true }],
    subnets: [],
    ports: [port('p', 'h2'), port('q', 'h1')],
  };
  const changes = [change('p', null, 'h2')];
  const now = facts(port('p', 'h2'));
  const come = outcomeFor(
    { hostId: 'h2', networks: new Set<string>() },
    networkDeltas(changes, now),
    hostDeltas(changes, now).get('h2'),
    all,
    [],
  );
  assert.deepEqual(words(come.delta).sort(), ['+network n', '+peer p', '+peer q', '+port p']);
  assert.deepEqual([come.joined, come.left], [['n'], []]);
  const gone = outcomeFor({ hostId: 'h2', networks: new Set(['n']) }, new Map(), undefined, nothing, ['n']);
  assert.deepEqual(words(gone.delta), ['-network n']);
});

test('a port that moved again before the round is told at its present place only', () => {
  const changes = [change('p', null, 'h1'), change('p', 'h1', 'h2')];
  const now = facts(port('p', 'h2'));
  assert.deepEqual(words(hostDeltas(changes, now).get('h1')!), ['-port p']);
  assert.deepEqual(words(hostDeltas(changes, now).get('h2')!), ['+port p']);
  assert.deepEqual(
    touchedPairs(changes, now).map(({ hostId }) => hostId),
    ['h1', 'h2'],
  );
});

test('a port without a host, or whose host never published a tunnel end point, is no peer', () => {
  assert.deepEqual(words(networkDeltas([change('p', 'h1', null)], facts()).get('n')!), ['-peer p']);
  assert.deepEqual(words(networkDeltas([change('p', null, 'h1')], facts(port('p', 'h1', ''))).get('n')!), ['-peer p']);
});

test('a revision that a caller waits for is sent to the hosts of the network, though nothing changed', () => {
  const nobody = { resourceId: null, groupId: null, fromHostId: null, toHostId: null };
  const mark: Change = { kind: 'mark', networkId: 'n', ...nobody };
  assert.deepEqual([...networkDeltas([mark], facts()).keys()], ['n']);
});
