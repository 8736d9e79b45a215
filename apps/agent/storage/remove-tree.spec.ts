import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { removeTree } from './remove-tree.js';

test('a disk that has immutable files is removed; one that is not there is a success', async (context) => {
  const root = await mkdtemp(join(tmpdir(), 'lxstack-remove-'));
  try {
    const made = 'mkdir -p a/b; touch a/b/log a/-f; chattr +a a/b/log; chattr +i a/-f a/b';
    execFileSync('sh', ['-ec', made], { cwd: root, stdio: 'pipe' });
  } catch {
    await removeTree(root);
    return context.skip('no chattr, a file system without flags, or nobody may set them');
  }
  await removeTree(root);
  assert.equal(existsSync(root), false);
  await removeTree(root);
});
