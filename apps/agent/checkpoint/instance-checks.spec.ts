import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initOf } from './guest-facts.js';
import { credentialsIn, unitIn } from './instance-checks.js';

test('a process is named by its systemd unit, and by none where no unit is in its cgroup', () => {
  assert.equal(unitIn('1:name=systemd:/p/c-1/system.slice/ssh.service\n'), 'ssh.service');
  assert.equal(unitIn('0::/p/c-1/system.slice/dbus.service/sub\n'), 'dbus.service');
  assert.equal(unitIn('0::/p/c-1\n'), undefined);
});

test('credentials on a ramfs are named by their unit; other file systems are none', () => {
  const mounts =
    '40 30 0:5 / /run rw - tmpfs tmpfs rw\n41 30 0:6 / /run/credentials/systemd-sysctl.service ro - ramfs ramfs rw\n';
  assert.deepEqual(credentialsIn(mounts), ['systemd-sysctl.service']);
});

test('the init is told by its program; OpenRC below another init by its directory', () => {
  assert.equal(initOf('systemd', false), 'systemd');
  assert.equal(initOf('init', false), 'sysvinit');
  assert.equal(initOf('init', true), 'openrc');
  assert.equal(initOf('busybox', false), 'busybox');
  assert.equal(initOf('sh', false), 'other');
});
