import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findings, isWell } from '#test/witness/findings';
import { kinds } from '#test/witness/kinds';
import { TestFleet } from '../fleet/test-fleet.js';

/** Locks, leases and watches stand on inodes, and a file has another one on the target's disk. */
test('what is held of files goes along whichever disk they lie on', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const held = kinds.filter(
    ({ name, group, verdict }) => verdict === 'carried' && (group === 'files' || name === 'inotify'),
  );
  const found = await findings(fleet, held, (words) => context.diagnostic(words));
  assert.equal(found.length, held.length);
  assert.deepEqual(
    found
      .filter((finding) => !isWell(finding))
      .map(({ kind, found: seen, words }) => `${kind.name}: ${seen}: ${words}`),
    [],
  );
  await fleet.assertAudited();
});
