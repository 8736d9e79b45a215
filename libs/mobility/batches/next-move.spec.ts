import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { byCost, etaSeconds } from './batch-progress.js';
import { nextMove } from './next-move.js';
import type { MovableInstance, MoveAttempt } from './next-move.js';

const instance = (more: Partial<MovableInstance> = {}): MovableInstance => ({
  onSource: true,
  deleted: false,
  vmState: 'active',
  taskState: null,
  ...more,
});
const failedLive = (step = 'restore'): MoveAttempt => ({
  uuid: 'm',
  type: 'live-migration',
  status: 'error',
  failure: { step, reason: `no ${step}` },
});
const cold = (status: MoveAttempt['status']): MoveAttempt => ({ uuid: 'c', type: 'migration', status, failure: null });

describe('what a batch does next for an instance', () => {
  it('begins live where it runs and that is allowed, cold where it is stopped', () => {
    assert.deepEqual(nextMove(instance(), [], 'prefer'), { next: 'begin', action: 'live' });
    assert.deepEqual(nextMove(instance(), [], 'never'), { next: 'begin', action: 'cold' });
    assert.deepEqual(nextMove(instance({ vmState: 'stopped' }), [], 'require'), { next: 'begin', action: 'cold' });
  });

  it('tries a failed live move once more, a refused one not, then goes cold where allowed', () => {
    assert.deepEqual(nextMove(instance(), [failedLive()], 'require'), { next: 'begin', action: 'live' });
    const twice = [failedLive(), failedLive()];
    assert.deepEqual(nextMove(instance(), twice, 'prefer'), { next: 'begin', action: 'cold' });
    assert.deepEqual(nextMove(instance(), twice, 'require'), { next: 'fail', reason: 'no restore' });
    assert.deepEqual(nextMove(instance(), [failedLive('claim')], 'require'), { next: 'fail', reason: 'no claim' });
  });

  it('confirms a cold move that has arrived, and is done only after that', () => {
    const resized = instance({ onSource: false, vmState: 'resized' });
    assert.deepEqual(nextMove(resized, [cold('finished')], 'never'), { next: 'confirm' });
    assert.deepEqual(nextMove({ ...resized, taskState: 'resize_finish' }, [cold('confirming')], 'never'), {
      next: 'wait',
    });
    assert.deepEqual(nextMove(instance({ onSource: false }), [cold('confirmed')], 'never'), { next: 'done' });
  });

  it('leaves an aborted move aborted, waits for what is going on, and says what cannot be moved', () => {
    const aborted = { ...failedLive(), status: 'cancelled' as const };
    assert.equal(nextMove(instance(), [aborted], 'prefer').next, 'fail');
    assert.equal(nextMove(instance({ taskState: 'rebooting' }), [], 'prefer').next, 'wait');
    for (const vmState of ['resized', 'error', 'building'] as const)
      assert.equal(nextMove(instance({ vmState }), [], 'prefer').next, 'fail');
    assert.equal(nextMove(instance({ vmState: 'paused' }), [], 'never').next, 'fail');
  });
});

describe('order and time left of a batch', () => {
  it('takes stopped ones first, then little memory', () => {
    const [big, small, stopped] = [
      { running: true, memoryMb: 512, diskGb: 1 },
      { running: true, memoryMb: 64, diskGb: 9 },
      { running: false, memoryMb: 4096, diskGb: 9 },
    ];
    assert.deepEqual([big, small, stopped].sort(byCost), [stopped, small, big]);
  });

  it('counts what is left in turns of the measured mean, and knows nothing before the first', () => {
    const counts = { total: 10, done: 3, running: 2, failed: 1, cancelled: 1, bytes: 0, meanSeconds: 4 };
    assert.equal(etaSeconds(counts, 2), 12);
    assert.equal(etaSeconds({ ...counts, meanSeconds: null }, 2), null);
    assert.equal(etaSeconds({ ...counts, done: 8 }, 2), 0);
  });
});
