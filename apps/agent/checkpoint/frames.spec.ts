import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameDecoder, FrameError, FrameType, decodeImageParts, encodeHeader, encodeImagePart } from './frames.js';

const parts = [
  { name: 'core-1.img', data: Buffer.from('registers') },
  { name: 'pages-1.img', data: Buffer.alloc(0) },
  { name: 'core-1.img', data: Buffer.from(' and more') },
];

test('several image parts share a frame and come out in order, empty ones too', () => {
  const payload = Buffer.concat(parts.flatMap(({ name, data }) => encodeImagePart(name, data)));
  const stream = Buffer.concat([encodeHeader(FrameType.image, payload), payload]);
  const decoder = new FrameDecoder();
  const frames = [...decoder.push(stream.subarray(0, 20)), ...decoder.push(stream.subarray(20))];
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
