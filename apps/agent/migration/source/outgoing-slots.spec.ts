import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { OutgoingSlots } from './outgoing-slots.js';

const never = new Promise(() => undefined);

/** Asks for a turn; `ended` is there when it has come. */
function ask(outgoingSlots: OutgoingSlots, atOnce: number, calledOff: Promise<unknown> = never) {
  const asked: { end?: () => void } = {};
  void outgoingSlots.turn(atOnce, calledOff).then((end) => (asked.end = end));
  return asked;
}

test('as many moves as allowed leave at the same time, the others in the order of their arrival', async () => {
  const outgoingSlots = new OutgoingSlots();
  const [first, second, third, fourth] = [1, 2, 3, 4].map(() => ask(outgoingSlots, 2));
  await nextTurn();
  assert.ok(first!.end && second!.end && !third!.end);
  second!.end();
  second!.end(); // does nothing
  await nextTurn();
  assert.ok(third!.end && !fourth!.end);
});

test('a move without a bound waits for no other, and counts for those that have one', async () => {
  const outgoingSlots = new OutgoingSlots();
  const [bound, free, late] = [ask(outgoingSlots, 1), ask(outgoingSlots, 0), ask(outgoingSlots, 1)];
  await nextTurn();
  assert.ok(bound.end && free.end);
  bound.end();
  await nextTurn();
  assert.equal(late.end, undefined);
  free.end();
  await nextTurn();
  assert.ok(late.end);
});

test('a move that is aborted while it waits takes no slot', async () => {
  const outgoingSlots = new OutgoingSlots();
  const calledOff = Promise.withResolvers<void>();
  const [first, gone, last] = [ask(outgoingSlots, 1), ask(outgoingSlots, 1, calledOff.promise), ask(outgoingSlots, 1)];
  await nextTurn();
  calledOff.resolve();
  await nextTurn();
  assert.ok(gone.end, 'it goes on, to its end');
  gone.end();
  await nextTurn();
  assert.equal(last.end, undefined);
  first.end!();
  await nextTurn();
  assert.ok(last.end);
});
