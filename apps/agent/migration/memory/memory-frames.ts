import { FrameError } from '../wire/wire-frames.js';
import { PAGE } from './task-memory.js';

/** Pages of a task: its pid as the instance sees it, where they belong, and what is in them. */
export interface MemoryPart {
  pid: number;
  address: number;
  data: Buffer;
}

const HEADER = 16;

/** A part of a memory frame's payload: pid (4), length (4), address (8), big-endian; then the pages. */
export function encodeMemoryPart({ pid, address, data }: MemoryPart): Buffer[] {
  const header = Buffer.allocUnsafe(HEADER);
  header.writeUInt32BE(pid, 0);
  header.writeUInt32BE(data.length, 4);
  header.writeBigUInt64BE(BigInt(address), 8);
  return [header, data];
}

/** Each part of a memory frame; refuses what is no whole page of a process. */
export function* decodeMemoryParts(payload: Buffer): Generator<MemoryPart> {
  for (let at = 0; at < payload.length;) {
    if (payload.length - at < HEADER) throw new FrameError('a memory part was cut short');
    const pid = payload.readUInt32BE(at);
    const length = payload.readUInt32BE(at + 4);
    const address = Number(payload.readBigUInt64BE(at + 8));
    const from = at + HEADER;
    if (from + length > payload.length) throw new FrameError('a memory part was cut short');
    if (length % PAGE || address % PAGE || address + length > 2 ** 47)
      throw new FrameError(`a memory part of ${length} bytes at ${address}`);
    yield { pid, address, data: payload.subarray(from, from + length) };
    at = from + length;
  }
}
