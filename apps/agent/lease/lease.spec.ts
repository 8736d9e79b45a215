import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostInfo } from '#generated/lxstack/agent/v1/types';
import type { Fence, HeartbeatResponse } from '#generated/lxstack/agent/v1/control_plane';
import { createLogger } from '#libs/common/logger';
import { holdLease } from './lease.js';

const logger = createLogger('test');
logger.level = 'silent';
const order: Fence = { freezeSeconds: 15, stopSeconds: 30, instanceIds: ['a'] };

/** Runs the lease against these answers (or errors), then ends; tells what was promised with each heartbeat. */
async function against(answers: (HeartbeatResponse | Error)[], held: string[] = []) {
  const ending = new AbortController();
  const promised: (Fence | undefined)[] = [];
  let [doubts, now, leaseEnds] = [0, 1_000, 0];
  let inForce: Fence | undefined;
  const fence = {
    now: () => now,
    hasLease: () => now < leaseEnds,
    keepGuard: async () => undefined,
    promise: () => inForce,
    renewed: async (endsMs: number, wanted: Fence | undefined) => {
      const isNew = inForce !== wanted;
      [leaseEnds, inForce] = [endsMs, wanted];
      return isNew;
    },
    held: { ids: () => held } as never,
  };
  const control = {
    heartbeat: async (_host: HostInfo, _bootId: string, promise: Fence | undefined) => {
      promised.push(promise);
      const answer = answers.shift()!;
      if (!answers.length) ending.abort();
      now += 100; // on its way
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  await holdLease({
    control,
    host: async () => HostInfo.create(),
    fence,
    ownershipInDoubt: () => void doubts++,
    logger,
    signal: ending.signal,
  }).catch(() => undefined); // its last sleep was ended
  return { promised, doubts, leaseEnds };
}

test('the lease is counted from before the heartbeat was sent', async () => {
  const { leaseEnds } = await against([{ leaseSeconds: 15, fence: undefined }]);
  assert.equal(leaseEnds, 16_000);
});

test('a new fence order is promised at once, by an extra heartbeat', async () => {
  const { promised } = await against([
    { leaseSeconds: 15, fence: order },
    { leaseSeconds: 15, fence: order },
  ]);
  assert.deepEqual(promised, [undefined, order]);
});

test('ownership is in doubt where the lease is held again after a loss, not where it goes on', async () => {
  const renewals = [
    { leaseSeconds: 15, fence: order },
    { leaseSeconds: 15, fence: order },
  ];
  assert.equal((await against(renewals)).doubts, 1);
});

test('ownership is in doubt at every heartbeat while an instance is fenced', async () => {
  const renewals = [
    { leaseSeconds: 15, fence: order },
    { leaseSeconds: 15, fence: order },
  ];
  assert.equal((await against(renewals, ['a'])).doubts, 2);
});

test('a host that is forced down gets no lease and asks who owns its instances', async () => {
  const { doubts, leaseEnds } = await against([{ leaseSeconds: 0, fence: undefined }]);
  assert.deepEqual([doubts, leaseEnds], [1, 0]);
});
