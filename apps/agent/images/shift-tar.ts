import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import { InvalidInputError } from '#libs/common/errors';

const BLOCK = 512;
const [UID, GID, FIELD, SIZE, SUM] = [108, 116, 8, 124, 148];
const OCTAL_LIMIT = 0o7777777;

/** A header's number: octal text, or base 256 where the first bit is set. */
function number(header: Buffer, at: number, length: number): number {
  if (header[at]! & 0x80) return header.subarray(at + length - 6, at + length).readUIntBE(0, 6);
  const text = header
    .toString('latin1', at, at + length)
    .replace(/[\0 ]+$/, '')
    .trim();
  if (!/^[0-7]*$/.test(text)) throw new InvalidInputError('image', 'a tar archive');
  return text ? parseInt(text, 8) : 0;
}

function put(header: Buffer, at: number, value: number): void {
  if (value <= OCTAL_LIMIT) return void header.write(`${value.toString(8).padStart(7, '0')}\0`, at, 'latin1');
  header.fill(0, at, at + FIELD);
  header[at] = 0x80;
  header.writeUIntBE(value, at + 2, 6);
}

/** A copy of a tar header with owner and group moved into the user namespace, and its checksum made right. */
export function shiftHeader(header: Buffer, base: number, size: number): Buffer {
  const shifted = Buffer.from(header);
  for (const at of [UID, GID]) {
    const id = number(header, at, FIELD);
    if (id >= size) throw new InvalidInputError('image', `owners below ${size}, not ${id}`);
    put(shifted, at, base + id);
  }
  shifted.fill(' ', SUM, SUM + 8);
  const sum = shifted.reduce((total, byte) => total + byte, 0);
  shifted.write(`${sum.toString(8).padStart(6, '0')}\0 `, SUM, 'latin1');
  return shifted;
}

/** Shifts every owner of a tar stream as it passes, so that unpacking needs no second pass. */
export class ShiftTar extends Transform {
  private rest: Buffer = Buffer.alloc(0);
  private body = 0;

  constructor(
    private readonly base: number,
    private readonly size: number,
  ) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      this.rest = this.rest.length ? Buffer.concat([this.rest, chunk]) : chunk;
      while (this.step());
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    done(
      this.body || this.rest.length ? new InvalidInputError('image', 'a whole tar archive, not one cut short') : null,
    );
  }

  private step(): boolean {
    if (this.body) {
      const part = this.rest.subarray(0, this.body);
      if (!part.length) return false;
      this.push(part);
      this.body -= part.length;
      this.rest = this.rest.subarray(part.length);
      return true;
    }
    if (this.rest.length < BLOCK) return false;
    const header = this.rest.subarray(0, BLOCK);
    this.rest = this.rest.subarray(BLOCK);
    if (header.every((byte) => byte === 0)) {
      this.push(header);
      return true;
    }
    this.body = Math.ceil(number(header, SIZE, 12) / BLOCK) * BLOCK;
    this.push(shiftHeader(header, this.base, this.size));
    return true;
  }
}
