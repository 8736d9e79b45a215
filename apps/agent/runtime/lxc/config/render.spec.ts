import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import type { CgroupLayout } from './limits.js';
import { renderConfig } from './render.js';

const v1: CgroupLayout = { memory: 'v1', memorySwap: true, cpu: 'v1', pids: 'v1', devices: 'v1' };
const v2: CgroupLayout = { memory: 'v2', memorySwap: false, cpu: 'v2', pids: 'v2', devices: 'v2' };

const render = (changes: Partial<InstanceSpec>, cgroups = v2) =>
  renderConfig(InstanceSpec.fromPartial({ hostname: 'one', limits: { vcpus: 2, memoryBytes: 1 << 20 }, ...changes }), {
    rootfs: '/r',
    bridges: new Map(),
    cgroups,
    cgroupDirectories: { monitor: 'p/m', container: 'p/c' },
    postStop: '/hook /events',
    statefulRun: '/stateful',
  }).split('\n');

const has = (lines: string[], ...wanted: string[]) => {
  for (const line of wanted) assert.ok(lines.includes(line), line);
};

test('memory is limited without swap, cpu by shares and quota, processes by number, on v1 and on v2', () => {
  has(render({}), 'lxc.cgroup2.memory.max = 1048576', 'lxc.cgroup2.memory.swap.max = 0');
  has(render({}), 'lxc.cgroup2.cpu.max = 200000 100000', 'lxc.cgroup2.pids.max = 4096');
  has(render({}, v1), 'lxc.cgroup.memory.limit_in_bytes = 1048576', 'lxc.cgroup.memory.memsw.limit_in_bytes = 1048576');
  has(render({}, v1), 'lxc.cgroup.cpu.shares = 2048', 'lxc.cgroup.cpu.cfs_quota_us = 200000');
});

test('LXD limits of the configuration go before those of the flavor', () => {
  const config = { 'limits.memory': '512MiB', 'limits.cpu.allowance': '50%', 'limits.processes': '100' };
  has(render({ config }), 'lxc.cgroup2.memory.max = 536870912', 'lxc.cgroup2.cpu.max = 100000 100000');
  has(render({ config }), 'lxc.cgroup2.pids.max = 100');
});

test("an instance has a user namespace, its own where it has a range; one over the host's users is refused by name", () => {
  has(render({}), 'lxc.idmap = u 0 1000000 65536', 'lxc.idmap = g 0 1000000 65536');
  has(render({ idmap: { base: 1_065_536, size: 65_536 } }), 'lxc.idmap = u 0 1065536 65536');
  for (const base of [0, 99_999, 2 ** 32 - 65_536])
    assert.throws(() => render({ idmap: { base, size: 65_536 } }), /spec.idmap/);
});

test('a privileged instance has no user namespace, and no bpf(2) unless it may nest', () => {
  const lines = render({ config: { 'security.privileged': 'true' } });
  assert.ok(!lines.some((line) => line.includes('idmap') || line.includes('userns.conf')));
  assert.ok(lines.some((line) => /^lxc.seccomp.profile = .*privileged.seccomp$/.test(line)));
  const nesting = render({ config: { 'security.privileged': 'true', 'security.nesting': 'true' } });
  assert.ok(nesting.some((line) => /^lxc.seccomp.profile = .*instance.seccomp$/.test(line)));
});

test('the profile of privileged instances is that of all, and has no bpf(2)', () => {
  const [all, privileged] = ['instance', 'privileged'].map((name) =>
    readFileSync(new URL(`../../../../../../apps/agent/runtime/lxc/${name}.seccomp`, import.meta.url), 'utf8'),
  );
  assert.equal(privileged!.replace('bpf errno 1\n', ''), all);
  assert.notEqual(privileged, all);
});

test('no value can begin a line of its own', () => {
  assert.throws(() => render({ config: { 'environment.A': 'x\nlxc.idmap = u 0 0 1' } }), /control characters/);
  assert.throws(() => render({ config: { 'raw.lxc': 'lxc.cap.drop =' } }), /raw.lxc/);
});

test('a directory of the host is mounted as a disk device; unknown device types are refused by name', () => {
  const disk = { name: 'data', type: 'disk', options: { source: '/srv/my data', path: '/mnt', readonly: 'true' } };
  has(render({ devices: [disk] }), 'lxc.mount.entry = /srv/my\\040data mnt none bind,create=dir,ro 0 0');
  const climbing = { ...disk, options: { source: '/srv/../etc', path: '/mnt' } };
  assert.throws(() => render({ devices: [climbing] }), /devices.data.source/);
  assert.throws(() => render({ devices: [{ name: 'g', type: 'gpu', options: {} }] }), /gpu is not offered/);
});

test('migration.stateful=true prepares /run before the init; without it nothing is changed', () => {
  has(render({ config: { 'migration.stateful': 'true' } }), 'lxc.hook.mount = /stateful');
  assert.ok(!render({}).some((line) => line.startsWith('lxc.hook.mount')));
});
