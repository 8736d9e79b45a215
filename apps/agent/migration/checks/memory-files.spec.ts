import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryLeft, memoryOfTasks, parseTable } from './memory-files.js';

test('what a checkpoint carries is anonymous and shared memory, not the page cache, in both versions of cgroups', () => {
  const v1 = parseTable('cache 9000\nrss 1\nshmem 1\ntotal_cache 9000\ntotal_rss 500\ntotal_shmem 20\n');
  assert.equal(memoryOfTasks(v1), 520);
  assert.equal(memoryOfTasks(parseTable('anon 300\nfile 9000\nshmem 7\n')), 307);
  assert.equal(memoryOfTasks(parseTable('')), 0);
});

test('below a limit the page cache that can go counts as free, and no limit limits nothing', () => {
  assert.equal(memoryLeft(1000, 900, parseTable('inactive_file 300\n')), 400);
  assert.equal(memoryLeft(Number('max'), 900, parseTable('')), Infinity);
});

test('/proc/meminfo is read by the same table', () => {
  assert.equal(parseTable('MemTotal:  24683656 kB\nMemAvailable:   18234320 kB\n').get('MemAvailable'), 18_234_320);
});
