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

test('other traits and specs demand nothing', () => {
  assert.deepEqual(
    needs({ 'trait:HW_CPU_X86_AVX2': 'required', 'trait:CUSTOM_LXSTACK_': 'required', a: 'required' }),
    [],
  );
  assert.deepEqual(hostNeeds({ config: {} }, null), []);
});
