import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heldMemory, initOf } from './guest-facts.js';

test('the init is recognized by its program, OpenRC under another init by its directory', () => {
  assert.equal(initOf('systemd', false), 'systemd');
  assert.equal(initOf('init', false), 'sysvinit');
  assert.equal(initOf('init', true), 'openrc');
  assert.equal(initOf('busybox', false), 'busybox');
  assert.equal(initOf('sh', false), 'other');
});

test('memory that it holds is anonymous and shared memory, not the page cache; of either version of cgroups', () => {
  const v1 = 'cache 900\nrss 1\nshmem 2\ntotal_cache 5000\ntotal_rss 100\ntotal_rss_huge 0\ntotal_shmem 30';
  assert.equal(heldMemory(v1), 130);
  assert.equal(heldMemory('anon 100\nfile 5000\nshmem 30\nanon_thp 0'), 130);
});
