import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  FrameDecoder,
  FrameError,
  FrameType,
  HEADER,
  decodeImageParts,
  encodeImagePart,
  writeHeader,
} from './wire-frames.js';

const parts = [
  { name: 'core-1.img', data: Buffer.from('registers') },
  { name: 'pages-1.img', data: Buffer.alloc(0) },
  { name: 'core-1.img', data: Buffer.from(' and more') },
];

test('several image parts share a frame and come out in order, empty ones too', () => {
  const payload = Buffer.concat(parts.flatMap(({ name, data }) => encodeImagePart(name, data)));
  const decoder = new FrameDecoder();
  const frames = inPieces(framed(payload), 20).flatMap((piece) => [...decoder.push(piece)]);
  assert.deepEqual(
    frames.flatMap((frame) => [...decodeImageParts(frame.payload)]),
    parts,
  );
});

test('an image part with a path in its name, or cut short, is refused', () => {
  const outside = Buffer.concat(encodeImagePart('../core-1.img', Buffer.from('x')));
  assert.throws(() => [...decodeImageParts(outside)], FrameError);
  const whole = Buffer.concat(encodeImagePart('core-1.img', Buffer.from('registers')));
  assert.throws(() => [...decodeImageParts(whole.subarray(0, -1))], FrameError);
  assert.throws(() => [...decodeImageParts(whole.subarray(0, 3))], FrameError);
});

test('frames that arrive in pieces of any size are read whole, also into reused buffers', () => {
  const decoder = new FrameDecoder();
  const payloads = [70_000, 0, 1, 300_000, 65_536, 9].map((length, i) => Buffer.alloc(length, i + 1));
  const stream = Buffer.concat(payloads.map(framed));
  for (const size of [1, 7, 9, 16_384, stream.length]) {
    const seen: Buffer[] = [];
    for (const piece of inPieces(stream, size))
      for (const { payload } of decoder.push(piece)) {
        seen.push(Buffer.from(payload));
        decoder.recycle(payload);
      }
    assert.ok(seen.every((payload, i) => payload.equals(payloads[i]!)));
    assert.equal(seen.length, payloads.length);
  }
});

test('a frame that was damaged on its way, or is too long, ends the connection', () => {
  const damaged = framed(Buffer.alloc(100, 1));
  damaged[50]! ^= 1;
  assert.throws(() => [...new FrameDecoder().push(damaged)], FrameError);
  const long = framed(Buffer.alloc(1));
  long.writeUInt32BE(2 << 20, 1);
  assert.throws(() => [...new FrameDecoder().push(long)], FrameError);
});

function framed(payload: Buffer): Buffer {
  const frame = Buffer.concat([Buffer.alloc(HEADER), payload]);
  writeHeader(frame, FrameType.image, payload);
  return frame;
}

const inPieces = (stream: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(stream.length / size) }, (_, i) => stream.subarray(i * size, (i + 1) * size));
