import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DataChannel } from './data-channel.js';
import { FrameFiller, PART } from './frame-filler.js';
import { FrameType, HEADER } from './wire-frames.js';
import { Throttle } from './throttle.js';

const CAP = 10_000_000;

/** A clock that stands but for its sleeps. */
function standingClock() {
  let ms = 0;
  return { now: () => ms, sleep: (more: number) => Promise.resolve(void (ms += more)) };
}

test('nothing waits without a cap, or after the cap was lifted', async () => {
  const clock = standingClock();
  await new Throttle(0, clock).take(1e12);
  const throttle = new Throttle(1, clock);
  throttle.lift();
  await throttle.take(1e12);
  assert.equal(clock.now(), 0);
});

test('bytes take the time that the cap gives them, in small pieces too', async () => {
  const clock = standingClock();
  const throttle = new Throttle(CAP, clock);
  for (let i = 0; i < 10_000; i++) await throttle.take(1_000);
  assert.ok(Math.abs(clock.now() - 1000) <= 10, `${clock.now()} ms for a second's bytes`);
});

test('a pause is not made up for by a burst', async () => {
  const clock = standingClock();
  const throttle = new Throttle(CAP, clock);
  await clock.sleep(60_000);
  await throttle.take(CAP);
  assert.equal(clock.now(), 61_000);
});

test('no second of a transfer in frames has more bytes than the cap and a frame', async () => {
  const clock = standingClock();
  const sent: { at: number; bytes: number }[] = [];
  const room = Buffer.alloc(516 * 1024);
  const channel = {
    room: () => Promise.resolve(room),
    sendRoom: (_type: FrameType, _room: Buffer, end: number) => sent.push({ at: clock.now(), bytes: end - HEADER }),
  };
  const filler = new FrameFiller(FrameType.memory, channel as unknown as DataChannel, new Throttle(CAP, clock));
  for (let i = 0; i < 200; i++) await filler.put([Buffer.alloc(1 + ((i * 7919 * 4096) % PART))]);
  await filler.flush();
  for (const { at } of sent) {
    const within = sent.filter((one) => one.at >= at && one.at < at + 1000);
    const bytes = within.reduce((sum, one) => sum + one.bytes, 0);
    assert.ok(bytes <= CAP + room.length, `${bytes} bytes in the second after ${at} ms`);
  }
  const total = sent.reduce((sum, { bytes }) => sum + bytes, 0);
  const ratio = total / (CAP * (clock.now() / 1000));
  assert.ok(ratio > 0.95 && ratio <= 1.01, `${ratio} of the cap is used`);
});
