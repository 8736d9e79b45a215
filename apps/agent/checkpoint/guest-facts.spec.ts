import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initOf } from './guest-facts.js';

test('the init is told by its program; OpenRC below another init by its directory', () => {
  assert.equal(initOf('systemd', false), 'systemd');
  assert.equal(initOf('init', false), 'sysvinit');
  assert.equal(initOf('init', true), 'openrc');
  assert.equal(initOf('busybox', false), 'busybox');
  assert.equal(initOf('sh', false), 'other');
});
