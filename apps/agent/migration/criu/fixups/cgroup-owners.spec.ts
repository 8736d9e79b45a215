import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { giveCgroups } from './cgroup-owners.js';

test(
  'the files that say who is in a cgroup belong to whom the cgroup does, at every depth',
  { skip: process.getuid?.() !== 0 },
  (context) => {
    const root = mkdtempSync(join(tmpdir(), 'cgroup-owners-'));
    context.after(() => rmSync(root, { recursive: true }));
    const owners = { c: [0, 1000], 'c/system.slice': [1000, 1000], 'c/system.slice/user': [2000, 2000] } as const;
    for (const [path, [uid, gid]] of Object.entries(owners)) {
      mkdirSync(join(root, path));
      for (const name of ['cgroup.procs', 'cgroup.threads', 'memory.max', 'memory.pressure'])
        writeFileSync(join(root, path, name), '', { mode: 0o644 });
      chownSync(join(root, path), uid, gid);
      chmodSync(join(root, path), 0o775);
    }
    giveCgroups('c', root);
    for (const [path, owner] of Object.entries(owners)) {
      const { uid, gid, mode } = statSync(join(root, path, 'cgroup.procs'));
      assert.deepEqual([uid, gid, mode & 0o777], [...owner, 0o664]);
      assert.equal(statSync(join(root, path, 'memory.pressure')).uid, uid);
      assert.equal(statSync(join(root, path, 'memory.max')).uid, 0, 'limits stay the host’s');
    }
  },
);
