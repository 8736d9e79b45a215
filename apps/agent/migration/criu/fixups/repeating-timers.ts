import { entriesOf, fieldsOf, putVarint } from '../image-fields.js';

/** CRIU: images/fdinfo.proto, images/timerfd.proto. */
const FILE = { type: 1, timerfd: 12 };
const TIMERFD = 17;
const LEFT = [7, 8];
const INTERVAL = [9, 10];
const LEFT_NANOSECONDS = 8;

/**
 * Changes `files.img` in place. A repeating timerfd that has expired and was not read yet shows no time left, and CRIU would
 * restore it disarmed, so that it never expires again: gives it a nanosecond. Returns how many were changed.
 */
export function rearmExpired(image: Buffer): number {
  let changed = 0;
  for (const entry of entriesOf(image)) {
    const file = fieldsOf(entry);
    const timer = file.find(({ number }) => number === FILE.timerfd);
    if (!timer || file.find(({ number }) => number === FILE.type)?.value !== TIMERFD) continue;
    const message = entry.subarray(timer.at, timer.end);
    const times = fieldsOf(message);
    const isZero = (numbers: number[]) => times.every(({ number, value }) => !numbers.includes(number) || value === 0);
    if (!isZero(LEFT) || isZero(INTERVAL)) continue;
    putVarint(
      message,
      times.find(({ number }) => number === LEFT_NANOSECONDS)!,
      1,
    );
    changed++;
  }
  return changed;
}
