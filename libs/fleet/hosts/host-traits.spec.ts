import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuFlagOfTrait } from '#libs/common/traits';
import { traitsOf } from './host-traits.js';

test('traits are those of Placement: the processor by os-traits, what the agent can as custom ones', () => {
  const capabilities = [
    { name: 'disk-limit', present: true, detail: '' },
    { name: 'restore', present: false, detail: 'no' },
  ];
  const facts = { architecture: 'amd64', cpuFeatures: ['avx2', 'sse4_2', 'aes', 'pni', 'avx512f'] };
  assert.deepEqual(traitsOf({ capabilities, facts }), [
    'CUSTOM_LXSTACK_DISK_LIMIT',
    'HW_ARCH_X86_64',
    'HW_CPU_X86_AESNI',
    'HW_CPU_X86_AVX2',
    'HW_CPU_X86_AVX512F',
    'HW_CPU_X86_SSE3',
    'HW_CPU_X86_SSE42',
  ]);
  assert.deepEqual(traitsOf({ capabilities: [], facts: {} }), []);
  for (const flag of facts.cpuFeatures) {
    const [trait] = traitsOf({ capabilities: [], facts: { architecture: 'x86_64', cpuFeatures: [flag] } }).slice(1);
    assert.equal(cpuFlagOfTrait(trait), flag, 'and back');
  }
});
