import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kernel } from './kernel.js';
import { parseRules } from './kernel.js';
import { compareNetwork } from './networks/compare.js';
import { comparePeers } from './peers/compare.js';

const nobody = new Set<string>();
const entry = { mac: 'fa:16:3e:00:00:01', vtep: '10.0.0.2', addresses: ['10.9.0.5'] };
const kernel = (change: Partial<Kernel> = {}): Kernel => ({
  links: new Map([
    ['lxb7', { up: true, mtu: 1450, master: '', vni: undefined }],
    ['lxv7', { up: true, mtu: 1450, master: 'lxb7', vni: 7 }],
  ]),
  fdb: new Map([['lxv7', { self: new Map([[entry.mac, entry.vtep]]), master: new Set([entry.mac]) }]]),
  neighbours: new Map([['lxb7', new Map([['10.9.0.5', entry.mac]])]]),
  chains: new Map(),
  watched: new Set(),
  sets: new Map(),
  filtered: { arriving: new Set(), leaving: new Set() },
  ...change,
});

test('a kernel that is as it should be has no differences', () => {
  assert.deepEqual(comparePeers(7, [entry], nobody, kernel()), []);
  const spec = { id: 'n', vni: 7, mtu: 1450, subnets: [], adminStateDown: false };
  assert.deepEqual(compareNetwork(spec, kernel()), []);
  assert.deepEqual(compareNetwork({ ...spec, mtu: 1400 }, kernel()), [
    { kind: 'network-device', message: 'device lxb7 has MTU 1450, not 1400' },
    { kind: 'network-device', message: 'device lxv7 has MTU 1450, not 1400' },
  ]);
});

test('an entry that is missing, points elsewhere or belongs to no port is named', () => {
  const empty = kernel({ fdb: new Map(), neighbours: new Map() });
  const kinds = (...found: Parameters<typeof comparePeers>) => comparePeers(...found).map(({ kind }) => kind);
  assert.deepEqual(kinds(7, [entry], nobody, empty), ['forwarding', 'neighbour']);
  assert.match(
    comparePeers(7, [{ ...entry, vtep: '10.0.0.3' }], nobody, kernel())[0].message,
    /go to 10.0.0.2, not to 10.0.0.3/,
  );
  assert.deepEqual(kinds(7, [], nobody, kernel()), ['forwarding-left', 'neighbour-left']);
  const half = { self: new Map<string, string>(), master: new Set([entry.mac]) };
  assert.deepEqual(kinds(7, [], nobody, kernel({ fdb: new Map([['lxv7', half]]), neighbours: new Map() })), [
    'forwarding-left',
  ]);
});

test('a MAC that a call or a move decides about is no difference', () => {
  const moving = new Set([entry.mac]);
  assert.deepEqual(comparePeers(7, [{ ...entry, vtep: '10.0.0.3' }], moving, kernel()), []);
  assert.deepEqual(comparePeers(7, [], moving, kernel()), []);
});

test('rules are read chain by chain, whatever the table is called', () => {
  const listing = [
    'table bridge lxstack {',
    '\tmap ports {',
    '\t\ttype ifname : verdict',
    '\t\telements = { "lxaa" : jump p-lxaa }',
    '\t}',
    '',
    '\tchain p-lxaa {',
    '\t\tether saddr != fa:16:3e:00:00:01 drop',
    '\t\tdrop',
    '\t}',
    '}',
    '',
  ].join('\n');
  const { chains, watched } = parseRules(listing);
  assert.deepEqual([...watched], ['lxaa']);
  assert.equal(chains.get('p-lxaa'), 'ether saddr != fa:16:3e:00:00:01 drop\ndrop');
});
