import { BinaryReader } from '@bufbuild/protobuf/wire';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** CRIU: images/fdinfo.proto, images/timerfd.proto. */
const FILE_ENTRY = { type: 1, tfd: 12 };
const TIMERFD = 17;
const TIMES = { vsec: 7, vnsec: 8, isec: 9, insec: 10 };
const HEADER = 8;

/**
 * A repeating timerfd that has expired and was not read yet shows no time left, and CRIU makes it again disarmed: it
 * would never expire again. Such a one gets a nanosecond, in the images of a dump, in place.
 */
export function keepTimersRepeating(images: string): void {
  const path = join(images, 'files.img');
  if (!existsSync(path)) return;
  const image = readFileSync(path);
  if (rearmExpired(image)) writeFileSync(path, image);
}

/** How many were changed. The image: two magic numbers, then each entry with its size before it. */
export function rearmExpired(image: Buffer): number {
  let changed = 0;
  for (let at = HEADER; at < image.length;) {
    const start = at + 4;
    at = start + image.readUInt32LE(at);
    const entry = fieldsOf(image.subarray(start, at));
    const timer = entry.get(FILE_ENTRY.tfd);
    if (entry.get(FILE_ENTRY.type)?.value !== TIMERFD || !timer) continue;
    const times = fieldsOf(image.subarray(start + timer.at, start + timer.at + timer.value));
    const { vsec, vnsec, isec, insec } = TIMES;
    const isZero = (field: number) => times.get(field)?.value === 0;
    if (!isZero(vsec) || !isZero(vnsec) || (isZero(isec) && isZero(insec))) continue;
    image[start + timer.at + times.get(vnsec)!.at] = 1;
    changed++;
  }
  return changed;
}

/** By number, the value of each varint and the length of each message, and where it begins. */
function fieldsOf(message: Buffer): Map<number, { at: number; value: number }> {
  const reader = new BinaryReader(message);
  const fields = new Map<number, { at: number; value: number }>();
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (wireType === 2) {
      const value = reader.uint32();
      fields.set(number, { at: reader.pos, value });
      reader.pos += value;
    } else if (wireType === 0) {
      const at = reader.pos;
      fields.set(number, { at, value: Number(reader.uint64()) });
    } else reader.skip(wireType);
  }
  return fields;
}
