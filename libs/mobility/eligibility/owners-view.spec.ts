import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownersView } from './owners-view.js';

const busy = { vmState: 'stopped', taskState: 'rebuilding' } as const;

test("owners read reasons of the instance's states, and of hosts only that a reason exists", () => {
  const secret = 'Host h1 cannot checkpoint: /usr/sbin/criu is missing.';
  const states = [
    'Something is being done with the instance now (rebuilding).',
    'The instance is stopped, not active: only a cold migration moves it.',
  ];
  const report = {
    live: { possible: false, reasons: [...states, secret, 'The disk is full on h1.'] },
    cold: { possible: false, reasons: [secret] },
    init: null,
    memoryBytes: null,
    targets: [{ host: 'h2', live: { possible: true, reasons: [] }, cold: { possible: true, reasons: [] } }],
  };
  const seen = ownersView(busy, report);
  assert.deepEqual(seen.live.reasons.slice(0, 2), states);
  assert.equal(seen.live.reasons.length, 3);
  assert.equal(seen.cold.reasons.length, 1);
  assert.doesNotMatch(JSON.stringify(seen), /h1|h2|criu/);
});

test('a possible move stays possible, without a reason', () => {
  const verdict = { possible: true, reasons: [] };
  const open = { live: verdict, cold: verdict, init: 'systemd', memoryBytes: 5 };
  assert.deepEqual(ownersView({ vmState: 'active', taskState: null }, { ...open, targets: [] }), open);
});
