import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';

/** A CRIU image begins with two magic numbers. */
export const HEADER = 8;

/** Each entry of an image as [start, end): the size stands before it. */
export function* entriesOf(image: Buffer): Generator<Buffer> {
  for (let at = HEADER; at + 4 <= image.length;) {
    const start = at + 4;
    at = start + image.readUInt32LE(at);
    yield image.subarray(start, at);
  }
}

/** A field of a message: the value of a varint, or the bytes of what has a length; `at` is where these begin. */
export interface Field {
  number: number;
  at: number;
  end: number;
  value: number;
}

/** The fields of a message as they come; numbers above 2^53 are not told exactly. */
export function fieldsOf(message: Buffer): Field[] {
  const reader = new BinaryReader(message);
  const fields: Field[] = [];
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (wireType === 2) {
      const value = reader.uint32();
      const at = reader.pos;
      fields.push({ number, at, end: (reader.pos += value), value });
    } else if (wireType === 0) {
      const at = reader.pos;
      const value = Number(reader.uint64());
      fields.push({ number, at, end: reader.pos, value });
    } else reader.skip(wireType);
  }
  return fields;
}

/** The first field of this number. */
export const field = (message: Buffer, number: number): Field | undefined =>
  fieldsOf(message).find((one) => one.number === number);

/** The image with one entry more. */
export function appendEntry(image: Buffer, entry: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(entry.length);
  return Buffer.concat([image, length, entry]);
}

/** The message with another value of a varint: of a field that is there twice the last counts. */
export const withVarint = (message: Buffer, number: number, value: number): Buffer =>
  Buffer.concat([
    message,
    new BinaryWriter()
      .uint32(number << 3)
      .uint32(value)
      .finish(),
  ]);

/** Writes a smaller or equal number in the place of a varint; what is left over are bits that are zero. */
export function putVarint(message: Buffer, { at, end }: Field, value: number): void {
  let rest = value;
  for (let i = at; i < end; i++) {
    message[i] = (rest & 0x7f) | (i < end - 1 ? 0x80 : 0);
    rest >>>= 7;
  }
  if (rest) throw new Error(`${value} does not fit into ${end - at} bytes of an image`);
}
