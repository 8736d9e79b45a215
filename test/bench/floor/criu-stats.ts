import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BinaryReader } from '@bufbuild/protobuf/wire';

/** Magic of an image of CRIU's own service and of statistics, then the length of the entry (CRIU: magic.h, stats.c). */
const HEADER = 12;

/** Fields of CRIU's stats.proto: in a `StatsEntry`, then in its `dump` (1) or `restore` (2) part. */
const PARTS = { dump: { part: 1, frozen: 2 }, restore: { part: 2, frozen: 4 } };

/** Milliseconds in which the tasks of a dump stood still (`frozen_time`), or that a restore took (`restore_time`), from CRIU's own statistics. */
export async function standstill(images: string, action: 'dump' | 'restore'): Promise<number> {
  const { part, frozen } = PARTS[action];
  const entry = (await readFile(join(images, `stats-${action}`))).subarray(HEADER);
  const micros = numberIn(fieldIn(new BinaryReader(entry), part).bytes(), frozen);
  return micros / 1000;
}

function numberIn(message: Uint8Array, field: number): number {
  return fieldIn(new BinaryReader(message), field).uint32();
}

/** The reader, at the value of the first field with this number. */
function fieldIn(reader: BinaryReader, field: number): BinaryReader {
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === field) return reader;
    reader.skip(wireType);
  }
  throw new Error(`CRIU's statistics have no field ${field}`);
}
