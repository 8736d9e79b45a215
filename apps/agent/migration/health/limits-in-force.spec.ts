import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bounded, isWithin, parseCgroups, quotaIn } from './limits-in-force.js';
import { unitsIn } from './ask-init.js';

test('cgroups of a process, of both versions', () => {
  const groups = parseCgroups('3:cpu,cpuacct:/lxs/c-1\n1:name=systemd:/lxs/c-1/init.scope\n0::/lxs/c-1/init.scope\n');
  assert.deepEqual([...groups.keys()], ['cpu', 'cpuacct', 'name=systemd', '']);
  assert.ok(isWithin(groups.get(''), 'lxs/c-1') && isWithin(groups.get('cpu'), 'lxs/c-1'));
  assert.ok(!isWithin('/lxs/c-10', 'lxs/c-1') && !isWithin(undefined, 'lxs/c-1'));
});

test('what a cgroup says where there is no limit is 0', () => {
  assert.deepEqual(['max', '-1', '9223372036854771712', '', '268435456'].map(bounded), [0, 0, 0, 0, 268_435_456]);
  assert.deepEqual(['max 100000', '-1', '50000', '20000 50000'].map(quotaIn), [0, 0, 50_000, 40_000]);
});

test('units as systemctl shows them, with the time since they failed', () => {
  const shown =
    'Id=a.service\nInactiveEnterTimestamp=@1000\n\nInactiveEnterTimestamp=\nId=b@x.mount\n\nId=not a unit\n';
  assert.deepEqual(unitsIn(shown, 1004.5), [
    { name: 'a.service', secondsAgo: 4.5 },
    { name: 'b@x.mount', secondsAgo: undefined },
  ]);
  assert.deepEqual(unitsIn('', 0), []);
});
