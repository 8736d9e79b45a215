import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blocksCpu, lackingCpu } from './cpu-features.js';

const host = (name: string, flags: string, architecture = 'x86_64') => ({
  name,
  facts: { architecture, cpuFeatures: flags.split(' ').filter(Boolean) },
});

test('an instruction set that the target lacks is named, and flags that only the kernel uses do not count', () => {
  const source = host('h1', 'fpu sse4_2 avx2 avx512f vmx constant_tsc hypervisor md_clear hwp');
  assert.deepEqual(blocksCpu(source, host('h2', 'fpu sse4_2 avx2 avx512f')), []);
  assert.deepEqual(blocksCpu(source, host('h2', 'fpu sse4_2')), [
    'The processor of host h2 lacks what programs on h1 may use: avx2, avx512f.',
  ]);
  assert.deepEqual(blocksCpu(host('h2', 'fpu sse4_2'), source), [], 'to a newer processor it may go');
});

test('a target that published no flags lacks all of them, and a source that published none needs none', () => {
  assert.match(blocksCpu(host('h1', 'fpu avx2'), host('h2', '')).join(), /lacks.*fpu, avx2/);
  assert.deepEqual(blocksCpu(host('h1', ''), host('h2', '')), []);
});

test('on other architectures every feature counts, and a long list is cut', () => {
  const many = Array.from({ length: 15 }, (_, n) => `f${n}`).join(' ');
  assert.match(blocksCpu(host('h1', many, 'aarch64'), host('h2', '', 'aarch64')).join(), /f11 and 3 more/);
});

test('for a whole fleet it is computed which hosts cannot be targets of which others', () => {
  const [old, recent] = ['fpu sse4_2', 'fpu sse4_2 avx2'];
  const fleet = [old, recent, recent, ''].map((flags, at) => ({ id: `id-${at}`, ...host(`h${at}`, flags) }));
  const lacking = lackingCpu(fleet);
  const targets = (id: string) => Object.fromEntries(lacking.get(id)!);
  assert.deepEqual(targets('id-0'), { 'id-3': ['fpu', 'sse4_2'] });
  assert.deepEqual(targets('id-1'), { 'id-0': ['avx2'], 'id-3': ['fpu', 'sse4_2', 'avx2'] });
  assert.equal(lacking.get('id-2'), lacking.get('id-1'), 'hosts that are alike share one answer');
  assert.deepEqual(targets('id-3'), {});
});
