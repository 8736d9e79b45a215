import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rounds } from './rounds.js';

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('rounds never overlap, a failure is told and the next one comes', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const failures: unknown[] = [];
  const ends: (() => void)[] = [];
  let begun = 0;
  const work = async () => {
    if (++begun === 1) throw new Error('the first');
    await new Promise<void>((resolve) => ends.push(resolve));
  };
  const rounds = new Rounds(1_000, work, (error) => failures.push(error));
  rounds.start(0);
  rounds.start(0);
  context.mock.timers.tick(0);
  await settle();
  assert.equal(begun, 1, 'started twice is started once');
  assert.match(String(failures), /the first/);
  context.mock.timers.tick(1_000);
  await settle();
  context.mock.timers.tick(10_000);
  await settle();
  assert.equal(begun, 2, 'the second has not ended');
  ends[0]!();
  await settle();
  context.mock.timers.tick(1_000);
  await settle();
  assert.equal(begun, 3);
});

test('stopped, no round begins; the one under way is waited for', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const end = Promise.withResolvers<void>();
  let begun = 0;
  const rounds = new Rounds(
    10,
    () => (begun++, end.promise),
    (error) => assert.fail(String(error)),
  );
  rounds.start(0);
  context.mock.timers.tick(0);
  let stopped = false;
  const stopping = rounds.stop().then(() => (stopped = true));
  await settle();
  assert.equal(stopped, false);
  end.resolve();
  await stopping;
  context.mock.timers.tick(100);
  await settle();
  assert.equal(begun, 1);
});
