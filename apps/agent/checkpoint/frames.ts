import { crc32 } from 'node:zlib';

/** What goes over a migration's data connection. */
export const FrameType = {
  hello: 1,
  /** A JSON message of one end to the other. */
  message: 2,
  /** A part of a disk pass's tar stream. */
  disk: 3,
  /** Parts of checkpoint images: names and data, to be appended. */
  image: 4,
  /** Pages of tasks that may still be running (memory/memory-frames.ts). */
  memory: 5,
} as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

export interface Frame {
  type: FrameType;
  payload: Buffer;
}

/** Nothing bigger is sent, and nothing bigger is believed. */
export const MAX_PAYLOAD = 1 << 20;
const HEADER = 9;

/** The frame is not ours, or was damaged on its way. */
export class FrameError extends Error {}

/** Header: type (1), length (4), CRC-32 of the payload (4), all big-endian. */
export function encodeHeader(type: FrameType, payload: Buffer): Buffer {
  if (payload.length > MAX_PAYLOAD) throw new FrameError(`frame of ${payload.length} bytes`);
  const header = Buffer.allocUnsafe(HEADER);
  header.writeUInt8(type, 0);
  header.writeUInt32BE(payload.length, 1);
  header.writeUInt32BE(crc32(payload), 5);
  return header;
}

/** Takes bytes as they come, gives whole frames. Holds one frame at most. */
export class FrameDecoder {
  private chunks: Buffer[] = [];
  private size = 0;

  *push(chunk: Buffer): Generator<Frame> {
    this.chunks.push(chunk);
    this.size += chunk.length;
    while (this.size >= HEADER) {
      const header = this.peek(HEADER);
      const length = header.readUInt32BE(1);
      const type = header.readUInt8(0) as FrameType;
      if (type < FrameType.hello || type > FrameType.memory || length > MAX_PAYLOAD)
        throw new FrameError(`frame of type ${type} with ${length} bytes`);
      if (this.size < HEADER + length) return;
      const crc = header.readUInt32BE(5);
      const payload = this.peek(HEADER + length).subarray(HEADER);
      this.drop(HEADER + length);
      if (crc32(payload) !== crc) throw new FrameError('a frame was damaged on its way');
      yield { type, payload };
    }
  }

  private peek(length: number): Buffer {
    if (this.chunks[0]!.length < length) this.chunks = [Buffer.concat(this.chunks)];
    return this.chunks[0]!.subarray(0, length);
  }

  private drop(length: number): void {
    this.chunks[0] = this.chunks[0]!.subarray(length);
    if (!this.chunks[0].length) this.chunks.shift();
    this.size -= length;
  }
}

const PART_HEADER = 6;

/** A part of an image frame's payload: name's length (2), data's length (4), name; then the data. */
export function encodeImagePart(name: string, data: Buffer): Buffer[] {
  const bytes = Buffer.from(name);
  const header = Buffer.allocUnsafe(PART_HEADER);
  header.writeUInt16BE(bytes.length, 0);
  header.writeUInt32BE(data.length, 2);
  return [header, bytes, data];
}

/** Each part of an image frame. A name with a path in it is refused. */
export function* decodeImageParts(payload: Buffer): Generator<{ name: string; data: Buffer }> {
  for (let at = 0; at < payload.length;) {
    if (payload.length - at < PART_HEADER) throw new FrameError('an image part was cut short');
    const from = at + PART_HEADER + payload.readUInt16BE(at);
    const to = from + payload.readUInt32BE(at + 2);
    const name = payload.toString('utf8', at + PART_HEADER, from);
    if (to > payload.length) throw new FrameError('an image part was cut short');
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name)) throw new FrameError(`image named ${name.slice(0, 40)}`);
    yield { name, data: payload.subarray(from, to) };
    at = to;
  }
}
