import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DesiredResource } from '#generated/lxstack/agent/v1/desired_state';
import { EMPTY, knownTo, merged } from './delta.js';
import { resourceKinds } from './resources.js';

const network = (id: string, mtu = 1450): DesiredResource => ({
  id,
  body: { $case: 'network', value: { vni: 1, mtu, adminStateUp: true } },
});
const peer = (id: string, networkId: string, vtep = '10.0.0.1'): DesiredResource => ({
  id,
  body: { $case: 'peer', value: { networkId, mac: `fa:16:3e:00:00:0${id}`, addresses: [], vtep } },
});
const changed = (...resources: DesiredResource[]) => ({ changed: resources, removed: [] });
const removed = (kind: string, id: string) => ({ changed: [], removed: [{ kind, id }] });

test('merged deltas keep the newest change of each resource', () => {
  const both = merged(changed(peer('1', 'n', '10.0.0.1')), changed(peer('1', 'n', '10.0.0.2'), network('n')));
  assert.deepEqual(both.changed, [peer('1', 'n', '10.0.0.2'), network('n')]);
  assert.deepEqual(merged(changed(peer('1', 'n')), removed('peer', '1')), removed('peer', '1'));
  assert.deepEqual(merged(removed('peer', '1'), changed(peer('1', 'n'))), changed(peer('1', 'n')));
});

test('a removed network drops earlier changes of its resources, and comes back without them', () => {
  const both = merged(changed(peer('1', 'n')), removed('network', 'n'), changed(network('n'), peer('2', 'n')));
  assert.deepEqual(both, { changed: [network('n'), peer('2', 'n')], removed: [{ kind: 'network', id: 'n' }] });
});

test('a single delta is merged into itself, so that it is serialized once for all hosts', () => {
  const one = changed(network('n'));
  assert.equal(merged(EMPTY, one, EMPTY), one);
  assert.equal(knownTo(new Set(resourceKinds), one), one);
});

test('an agent is not told of kinds that it does not know', () => {
  const delta = { changed: [network('n'), peer('1', 'n')], removed: [{ kind: 'peer', id: '2' }] };
  assert.deepEqual(knownTo(new Set(['network']), delta), changed(network('n')));
});
