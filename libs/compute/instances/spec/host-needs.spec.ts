import assert from 'node:assert/strict';
import { test } from 'node:test';
import { traitOf } from '#libs/common/traits';
import { allowanceNeeds, hostNeeds } from './host-needs.js';

const needs = (extraSpecs: Record<string, string>) => hostNeeds({ config: {} }, { extraSpecs });

test('a required trait that is called after a capability demands it of every host', () => {
  assert.equal(traitOf('disk-limit'), 'CUSTOM_LXSTACK_DISK_LIMIT');
  assert.deepEqual(needs({ 'trait:CUSTOM_LXSTACK_DISK_LIMIT': 'required' }), ['disk-limit']);
  assert.deepEqual(needs({ 'trait1:CUSTOM_LXSTACK_LAZY_PAGES': 'required' }), ['lazy-pages']);
  const both = { 'trait:CUSTOM_LXSTACK_DISK_LIMIT': 'required', 'lxd:security.privileged': 'true' };
  assert.deepEqual(needs(both), ['privileged', 'disk-limit']);
  assert.deepEqual(allowanceNeeds({ config: {} }, { extraSpecs: both }), ['privileged']);
});

test('any other trait is demanded by its name, a forbidden one with a mark; other specs demand nothing', () => {
  assert.deepEqual(needs({ 'trait:HW_CPU_X86_AVX2': 'required', 'trait_a:CUSTOM_GOLD': 'forbidden' }), [
    'HW_CPU_X86_AVX2',
    '!CUSTOM_GOLD',
  ]);
  assert.deepEqual(needs({ 'trait:CUSTOM_LXSTACK_RESTORE': 'forbidden' }), ['!restore']);
  assert.deepEqual(needs({ 'trait:HW_CPU_X86_AVX2': 'maybe', a: 'required', 'untrait:X': 'required' }), []);
  assert.deepEqual(hostNeeds({ config: {} }, null), []);
});
