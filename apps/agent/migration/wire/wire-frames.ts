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
  /** Nothing but a sign of life. */
  alive: 6,
} as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

export interface Frame {
  type: FrameType;
  payload: Buffer;
}

/** Most bytes of a payload: no larger frame is sent or accepted. */
export const MAX_PAYLOAD = 1 << 20;
/** Bytes before the payload. */
export const HEADER = 9;

/** The bytes are no frame, or were damaged on their way. */
export class FrameError extends Error {}

/** Header: type (1), length (4), CRC-32 of the payload (4), all big-endian; written to the front of `into`. */
export function writeHeader(into: Buffer, type: FrameType, payload: Buffer): void {
  if (payload.length > MAX_PAYLOAD) throw new FrameError(`frame of ${payload.length} bytes`);
  into.writeUInt8(type, 0);
  into.writeUInt32BE(payload.length, 1);
  into.writeUInt32BE(crc32(payload), 5);
}

/** Turns bytes into whole frames. Holds at most one frame, and a few buffers for reuse. */
export class FrameDecoder {
  private readonly header = Buffer.allocUnsafe(HEADER);
  private readonly spare: Buffer[] = [];
  private payload: Buffer | undefined;
  /** Bytes of the header, then of the payload, that are here. */
  private filled = 0;

  *push(chunk: Buffer): Generator<Frame> {
    for (let at = 0; ;) {
      if (!this.payload) {
        at += this.fill(this.header, chunk, at);
        if (this.filled < HEADER) return;
        this.payload = this.begin();
        this.filled = 0;
      }
      at += this.fill(this.payload, chunk, at);
      if (this.filled < this.payload.length) return;
      const { payload } = this;
      this.payload = undefined;
      this.filled = 0;
      if (crc32(payload) !== this.header.readUInt32BE(5)) throw new FrameError('a frame was damaged on its way');
      yield { type: this.header.readUInt8(0) as FrameType, payload };
    }
  }

  /** Reuses the memory of a payload that nobody reads any more. */
  recycle(payload: Buffer): void {
    if (payload.buffer.byteLength === MAX_PAYLOAD && this.spare.length < SPARES) this.spare.push(payload);
  }

  private fill(into: Buffer, chunk: Buffer, at: number): number {
    const copied = chunk.copy(into, this.filled, at);
    this.filled += copied;
    return copied;
  }

  private begin(): Buffer {
    const type = this.header.readUInt8(0) as FrameType;
    const length = this.header.readUInt32BE(1);
    if (type < FrameType.hello || type > FrameType.alive || length > MAX_PAYLOAD)
      throw new FrameError(`frame of type ${type} with ${length} bytes`);
    if (length < LARGE) return Buffer.allocUnsafe(length);
    const whole = this.spare.pop()?.buffer ?? Buffer.allocUnsafeSlow(MAX_PAYLOAD).buffer;
    return Buffer.from(whole, 0, length);
  }
}

/** Payloads of this size and more get a buffer of their own, worth being reused. */
const LARGE = 64 * 1024;
const SPARES = 16;

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
