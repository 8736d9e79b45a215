import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requireEffective } from './extra-specs.js';

const good: Record<string, string> = {
  'trait:HW_CPU_X86_AVX2': 'required',
  'trait:CUSTOM_GOLD': 'forbidden',
  'trait_1:CUSTOM_LXSTACK_DISK_LIMIT': 'required',
  'lxd:limits.processes': '100',
  'lxd:limits.cpu.allowance': '25ms/100ms',
  'lxd:limits.memory': '512MiB',
  'lxd:security.privileged': 'false',
  'lxd:environment.LANG': 'C',
  'lxd:user.note': 'x',
  'lxstack:ha_enabled': 'True',
  'hw:cpu_policy': 'shared',
  'hw:mem_page_size': 'small',
  weight: '3',
  'acme:tier': 'gold',
};

test('extra specs that hosts act on, and the operator’s own, are taken', () => {
  for (const [key, value] of Object.entries(good)) assert.doesNotThrow(() => requireEffective({ [key]: value }), key);
});

const bad: [string, string, RegExp][] = [
  ['trait:HW_CPU_X86_AVX2', 'yes', /trait:HW_CPU_X86_AVX2: expected required or forbidden/],
  ['trait:avx2', 'required', /the name of a trait, not avx2/],
  ['trait:BOGUS', 'required', /the name of a trait/],
  ['resources:VCPU', '4', /nothing of the kind/],
  ['resources1:CUSTOM_GPU', '1', /nothing of the kind/],
  ['hw:numa_nodes', '2', /nothing of the kind/],
  ['hw:cpu_policy', 'dedicated', /pin no processors/],
  ['hw:mem_page_size', 'large', /no huge pages/],
  ['hw_rng:allowed', 'true', /nothing of the kind/],
  ['quota:cpu_shares', '10', /nothing of the kind/],
  ['capabilities:vcpus', '>= 4', /nothing of the kind/],
  ['aggregate_instance_extra_specs:ssd', 'true', /nothing of the kind/],
  ['pci_passthrough:alias', 'gpu:1', /nothing of the kind/],
  ['group_policy', 'none', /nothing of the kind/],
  ['lxd:security.nesting', 'yes', /true or false/],
  ['lxd:limits.disk', '5', /limits\.processes/],
  ['lxd:raw.lxc', 'x', /expected environment\.NAME/],
  ['lxd:__proto__', 'x', /expected environment\.NAME/],
  ['lxstack:ha', 'true', /lxstack:ha_enabled and no other/],
];

test('extra specs that would be kept and do nothing are refused, naming the key', () => {
  for (const [key, value, words] of bad)
    assert.throws(
      () => requireEffective({ fine: '1', [key]: value }),
      (error: Error) => words.test(error.message) && error.message.includes(key),
      key,
    );
});
