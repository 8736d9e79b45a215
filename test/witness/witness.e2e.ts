import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestFleet } from '#test/e2e/fleet/test-fleet';
import { findings, isWell } from './findings.js';
import { kinds } from './kinds.js';

test('every kind of kernel object is carried, or named before, or lost as the table says', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const found = await findings(fleet, kinds, (words) => context.diagnostic(words));
  assert.equal(found.length, kinds.length);
  for (const finding of found) {
    const { kind, words } = finding;
    await context.test(`${kind.group}: ${kind.name} is ${kind.verdict}`, (each) => {
      if (finding.found === 'lacking') return each.skip(words);
      assert.ok(isWell(finding), `${finding.found}: ${words}`);
    });
  }
  await fleet.assertAudited();
});
