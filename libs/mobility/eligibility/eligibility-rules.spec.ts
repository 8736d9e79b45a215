import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Host } from '#libs/fleet/hosts/host.entity';
import { blocksCold, blocksLive, blocksTarget } from './eligibility-rules.js';

const able = { name: 'h1', facts: {}, capabilities: [{ name: 'checkpoint', present: true, detail: '' }] };
const idle = { taskState: null };
const size = { vcpus: 1, memoryMb: 128, diskGb: 1 };

test('a stopped instance moves cold only, a running one both ways, one without a host neither way', () => {
  assert.match(blocksLive({ ...idle, vmState: 'stopped' }, able).join(), /only a cold migration/);
  assert.deepEqual(blocksCold({ ...idle, vmState: 'stopped' }, able), []);
  assert.deepEqual(blocksLive({ ...idle, vmState: 'active' }, able), []);
  assert.match(blocksCold({ ...idle, vmState: 'active' }, null).join(), /no host/);
});

test('a host that has not shown a checkpoint is a reason', () => {
  assert.match(
    blocksLive({ ...idle, vmState: 'active' }, { ...able, capabilities: [] }).join(),
    /h1 cannot checkpoint/,
  );
});

test('every reason against a target is named: disabled, room, capability', () => {
  const full = { vcpus: 1, memoryMb: 100, diskGb: 10, cpuRatio: 16, memoryRatio: 1, diskRatio: 1 };
  const used = { usedVcpus: 0, usedMemoryMb: 0, usedDiskGb: 0 };
  const host = Object.assign(new Host(), full, used, {
    name: 'h2',
    enabled: false,
    disabledReason: 'x',
    capabilities: [],
    facts: { architecture: 'x86_64', cpuFeatures: ['avx2'] },
  });
  const reasons = blocksTarget(size, host, true, ['restore']).join();
  assert.match(reasons, /disabled: x.*128 MiB of memory wanted, 100 free.*cannot restore/);
  assert.deepEqual(blocksTarget(size, host, false, []), ['Host h2 is down.']);
  const traits = ['HW_CPU_X86_AVX2', 'HW_ARCH_X86_64', '!HW_CPU_X86_AVX2', 'HW_CPU_X86_SHA', '!CUSTOM_GOLD'];
  assert.deepEqual(blocksTarget({ ...size, memoryMb: 1 }, host, true, traits).slice(1), [
    'Host h2 has HW_CPU_X86_AVX2, which is forbidden.',
    'Host h2 does not have trait HW_CPU_X86_SHA.',
  ]);
});
