import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import { resumePlan } from './resume-plan.js';
import type { EndState, LiveMoveState } from './resume-plan.js';

const phases = Object.values(MigrationPhase) as EndState[];
const ends: EndState[] = [...phases, 'unknown', 'unreachable'];
const state = (source: EndState, target: EndState, more: Partial<LiveMoveState> = {}): LiveMoveState => ({
  committed: false,
  cancelRequested: false,
  source,
  target,
  ...more,
});
const { MIGRATION_PHASE_PREPARED: PREPARED, MIGRATION_PHASE_AWAIT_COMMIT: AWAIT } = MigrationPhase;
const { MIGRATION_PHASE_COMMITTED: COMMITTED, MIGRATION_PHASE_COMPLETED: COMPLETED } = MigrationPhase;
const { MIGRATION_PHASE_FAILED: FAILED, MIGRATION_PHASE_DUMP: DUMP } = MigrationPhase;

describe('what a worker does that takes over a live move', () => {
  it('begins or joins the transfer while both ends are at it', () => {
    assert.equal(resumePlan(state('unknown', PREPARED)).next, 'send');
    assert.equal(resumePlan(state(DUMP, PREPARED)).next, 'send');
    assert.equal(resumePlan(state(AWAIT, AWAIT)).next, 'send');
  });

  it('undoes the move where an end has given up or lost it', () => {
    assert.equal(resumePlan(state(FAILED, PREPARED)).next, 'undo');
    assert.equal(resumePlan(state(AWAIT, FAILED)).next, 'undo');
    assert.equal(resumePlan(state(DUMP, 'unknown')).next, 'undo');
  });

  it('undoes the move where it was aborted before the commit, never after it', () => {
    assert.equal(resumePlan(state(DUMP, PREPARED, { cancelRequested: true })).next, 'undo');
    assert.equal(resumePlan(state(AWAIT, AWAIT, { cancelRequested: true, committed: true })).next, 'open');
  });

  it('waits for an end that does not answer', () => {
    assert.equal(resumePlan(state('unreachable', AWAIT)).next, 'wait');
    assert.equal(resumePlan(state(AWAIT, 'unreachable', { committed: true })).next, 'wait');
  });

  it('opens both ends after the commit, then releases', () => {
    assert.equal(resumePlan(state(AWAIT, AWAIT, { committed: true })).next, 'open');
    assert.equal(resumePlan(state(AWAIT, COMMITTED, { committed: true })).next, 'open');
    assert.equal(resumePlan(state(COMPLETED, COMPLETED, { committed: true })).next, 'release');
  });

  it('starts the instance anew where the target lost it after the commit', () => {
    assert.equal(resumePlan(state(AWAIT, 'unknown', { committed: true })).next, 'open-by-start');
    assert.equal(resumePlan(state(COMPLETED, FAILED, { committed: true })).next, 'open-by-start');
  });

  it('invariant 2: never goes back after the commit, never opens the target before it', () => {
    for (const source of ends)
      for (const target of ends)
        for (const cancelRequested of [true, false]) {
          const after = resumePlan({ committed: true, cancelRequested, source, target }).next;
          assert.ok(after !== 'undo' && after !== 'send', `${source} ${target} ${after}`);
          const before = resumePlan({ committed: false, cancelRequested, source, target }).next;
          assert.ok(['send', 'wait', 'undo'].includes(before), `${source} ${target} ${before}`);
        }
  });
});
