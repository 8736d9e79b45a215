import { createHash } from 'node:crypto';

/** Commands, attributes and framing of a btrfs send stream, version 1 (fs/btrfs/send.h of the kernel). */
const MAGIC = 'btrfs-stream\0';
const COMMAND = { snapshot: 2, end: 21 } as const;
const ATTRIBUTE = { uuid: 1, ctransid: 2, path: 15, cloneUuid: 20, cloneCtransid: 21 } as const;

/** The identity of an image on every host: a UUID made of its directory's name, which has its digest and id map. */
export const imageIdentity = (place: string): Buffer => createHash('sha256').update(place).digest().subarray(0, 16);

/**
 * A stream that makes `btrfs receive` take a read-only snapshot `name` of the subvolume with `uuid`, as if received
 * under `identity`. `btrfs send -p` of the same image on any other host then finds its parent here.
 */
export function identityStream(name: string, identity: Buffer, uuid: Buffer): Buffer {
  const version = Buffer.alloc(4);
  version.writeUInt32LE(1);
  const snapshot = [
    attribute(ATTRIBUTE.path, Buffer.from(name)),
    attribute(ATTRIBUTE.uuid, identity),
    attribute(ATTRIBUTE.ctransid, number(1n)),
    attribute(ATTRIBUTE.cloneUuid, uuid),
    attribute(ATTRIBUTE.cloneCtransid, number(1n)),
  ];
  return Buffer.concat([Buffer.from(MAGIC), version, command(COMMAND.snapshot, snapshot), command(COMMAND.end, [])]);
}

/** Length (4), command (2), CRC-32C (4) of all with 0 in its place; then the attributes. */
function command(code: number, attributes: readonly Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.alloc(10), ...attributes]);
  body.writeUInt32LE(body.length - 10, 0);
  body.writeUInt16LE(code, 4);
  body.writeUInt32LE(crc32c(body), 6);
  return body;
}

/** Type (2), length (2), value. */
function attribute(type: number, value: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt16LE(type, 0);
  header.writeUInt16LE(value.length, 2);
  return Buffer.concat([header, value]);
}

function number(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

/** CRC-32C as the kernel computes it here: it begins with 0 and is not inverted. */
function crc32c(data: Buffer): number {
  let crc = 0;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return crc >>> 0;
}
