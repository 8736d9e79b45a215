import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { MoveContext } from './move-context.js';
import { inTime } from './step-time.js';

/** What a call does that is waiting for an agent. */
async function call(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason as Error;
}

const runOf = (context: MoveContext = {}, signal = new AbortController().signal) => ({ context, signal });

test('a step that takes longer than it may fails the move, naming the step and the setting', async (context) => {
  process.env.LXSTACK_MOVE_PREPARE_SECONDS = '0.02';
  context.after(() => delete process.env.LXSTACK_MOVE_PREPARE_SECONDS);
  await assert.rejects(inTime(runOf(), 'prepare', call), {
    name: 'MoveFailedError',
    step: 'prepare',
    message: 'prepare: it was not done within 0.02 s (LXSTACK_MOVE_PREPARE_SECONDS)',
  });
});

test('the attempts at a step share its time limit', async () => {
  const begun = { precheck: Date.now() - 3_600_000 };
  await assert.rejects(inTime(runOf({ begun }), 'precheck', call), { step: 'precheck' });
});

test('work that ends in time returns its result, and a lost lease still aborts it', async () => {
  assert.equal(await inTime(runOf(), 'stop', () => Promise.resolve(7)), 7);
  const lost = new AbortController();
  lost.abort(new Error('the lease is lost'));
  await assert.rejects(inTime(runOf({}, lost.signal), 'transfer', call), /the lease is lost/);
});
