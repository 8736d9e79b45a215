import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { raiseCpuShare, restoreCpuShare } from './cpu-share.js';

test('a cgroup has the highest CPU share until the restore is over; a share that CRIU has written meanwhile stays', (context) => {
  const root = mkdtempSync(join(tmpdir(), 'share-'));
  context.after(() => rmSync(root, { recursive: true }));
  const [v1, v2] = [join(root, 'cpu/lxc/c/cpu.shares'), join(root, 'lxc/c/cpu.weight')];
  for (const directory of ['cpu/lxc/c', 'lxc/c']) mkdirSync(join(root, directory), { recursive: true });
  writeFileSync(v1, '1024\n');
  writeFileSync(v2, '100\n');
  const shares = () => [v1, v2].map((path) => readFileSync(path, 'utf8').trim());
  restoreCpuShare(root);
  assert.deepEqual(shares(), ['1024', '100'], 'nothing was changed yet');
  raiseCpuShare(root, 'lxc/c', root);
  assert.deepEqual(shares(), ['262144', '10000']);
  writeFileSync(v1, '2048\n');
  restoreCpuShare(root);
  assert.deepEqual(shares(), ['2048', '100']);
});
