import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CgroupWalkOnce, hierarchiesOf } from './cgroup-walk-once.js';

test('hierarchies have the names under which CRIU looks for them', () => {
  const hybrid = '9:name=systemd:/\n3:cpu,cpuacct:/a\n0::/lxc/x\n';
  assert.deepEqual(hierarchiesOf(hybrid), ['systemd', 'cpu,cpuacct', 'unified']);
});

test("after init's dump every hierarchy leads to empty directories of the same names", async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'yard-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const [root, own] = [join(directory, 'root'), join(directory, 'own')];
  writeFileSync(own, '2:cpu:/\n0::/\n');
  for (const name of ['cpu', 'unified']) {
    mkdirSync(join(root, name, 'lxc/c/service'), { recursive: true });
    writeFileSync(join(root, name, 'cgroup.procs'), '');
  }
  mkdirSync(join(directory, 'images'));
  const yard = CgroupWalkOnce.make(directory, ['lxc/m', 'lxc/c'], root, own);
  const inside = (name: string) => readdirSync(join(directory, 'yard', name, 'lxc/c'));
  writeFileSync(join(directory, 'images/core-1.img'), '');
  writeFileSync(join(directory, 'images/pages-1.img'), '');
  assert.deepEqual([inside('cpu'), inside('unified')], [['service'], ['service']]);
  writeFileSync(join(directory, 'images/core-31.img'), '');
  await yard.emptied;
  assert.deepEqual([inside('cpu'), inside('unified')], [[], []]);
});
