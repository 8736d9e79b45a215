import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OwnershipAnswer } from './movable-instances.js';
import { decideSwitch } from './switch-decision.js';

const answer = (more: Partial<OwnershipAnswer>): OwnershipAnswer => ({
  exists: true,
  owned: false,
  deleted: false,
  epoch: 4,
  ...more,
});
const both = (ownership: OwnershipAnswer | undefined) => [
  decideSwitch('source', 5, ownership),
  decideSwitch('target', 5, ownership),
];

describe('a switch to epoch 5 that got no answer', () => {
  it('was not committed while the epoch is the one before: the source goes on', () => {
    assert.equal(decideSwitch('source', 5, answer({ owned: true })), 'abort');
    assert.equal(decideSwitch('target', 5, answer({})), 'abort');
  });

  it('was committed where the epoch is its own: the source lets go, the target runs', () => {
    assert.equal(decideSwitch('source', 5, answer({ epoch: 5 })), 'commit');
    assert.equal(decideSwitch('target', 5, answer({ epoch: 5, owned: true })), 'commit');
  });

  it('the instance went to another target in a later move: this target gives up', () => {
    assert.equal(decideSwitch('target', 5, answer({ epoch: 5 })), 'abort');
    assert.equal(decideSwitch('target', 5, answer({ epoch: 6, owned: true })), 'abort');
  });

  it('invariant 2: neither end decides while the control plane is silent or does not know the instance', () => {
    assert.deepEqual(both(undefined), ['unknown', 'unknown']);
    assert.deepEqual(both(answer({ exists: false, epoch: 0 })), ['unknown', 'unknown']);
  });

  it('of a deleted instance no target runs its copy, and the source releases its own only after a commit', () => {
    assert.deepEqual(both(answer({ exists: false, deleted: true, epoch: 4 })), ['abort', 'abort']);
    assert.deepEqual(both(answer({ exists: false, deleted: true, epoch: 5 })), ['commit', 'abort']);
  });

  it('invariant 2: no answer lets both ends run the instance', () => {
    for (const exists of [true, false])
      for (const owned of [true, false])
        for (const deleted of [true, false])
          for (const epoch of [0, 4, 5, 6]) {
            // One answer never owns it at both ends: the target is asked as the other host.
            const source = decideSwitch('source', 5, answer({ exists, owned, deleted, epoch }));
            const target = decideSwitch('target', 5, answer({ exists, owned: !owned, deleted, epoch }));
            assert.ok(source !== 'abort' || target !== 'commit', JSON.stringify({ exists, owned, deleted, epoch }));
          }
  });
});
