import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import { MOVE_FILES, commitMayBeAsked, markMove, moveFile } from './move-files.js';
import { scriptsDirectory } from './move-directory.js';

const { MIGRATION_PHASE_AWAIT_COMMIT: AWAIT_COMMIT, MIGRATION_PHASE_RESTORE: RESTORE } = MigrationPhase;

/** How the scripts name files of a move. Perl's are in quotes. */
const NAMED = {
  action: [/\[ !? ?-[es] ([\w.]+) \]/g, /[<>]([a-z][\w.]*)/g],
  criu: [/\$LXSTACK_MOVE_DIR\/(\w[\w.]*)/g],
  'lazy-pages': [/-[ed] '([\w.]+)'/g, /\b(?:note|text)\('([\w.]+)'/g],
};

for (const [script, patterns] of Object.entries(NAMED))
  test(`script ${script} names no file of a move that the protocol does not know`, () => {
    const text = readFileSync(join(scriptsDirectory, script), 'utf8').replace(/^\s*#.*$/gm, '');
    const named = patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name]) => name!));
    assert.ok(named.length >= 3, `found only ${named.join(', ')}`);
    const known = new Set<string>(Object.values(MOVE_FILES));
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
    );
  });

test('whether the commit was asked for is told by the mark while the images exist, else by the record', (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'lxstack-move-files-'));
  context.after(() => rmSync(directory, { recursive: true }));
  assert.equal(commitMayBeAsked(directory, true, AWAIT_COMMIT), true, 'the host was rebooted');
  assert.equal(commitMayBeAsked(directory, false, RESTORE), false, 'cold');
  mkdirSync(moveFile(directory, 'images'));
  assert.equal(commitMayBeAsked(directory, true, AWAIT_COMMIT), false, 'the record is written ahead of the mark');
  markMove(directory, 'awaitingCommit');
  assert.equal(commitMayBeAsked(directory, true, RESTORE), true);
});
