import { PAGE } from './task-memory.js';

/** CRIU images/pmap.proto and include/image.h: in a parent image, brought by userfaultfd, in the pages image. */
export const PageFlag = { parent: 1, lazy: 2, present: 4 } as const;

/** A run of pages. The pages image holds those that are present, one run behind the other. */
export interface PagemapEntry {
  vaddr: number;
  pages: number;
  flags: number;
}

/** `pagemap-PID.img` of CRIU: two magic numbers, the number of the pages image, then the runs by address. */
export interface PagemapImage {
  head: Buffer;
  /** N of `pages-N.img`. */
  pagesId: number;
  entries: PagemapEntry[];
}

const MAGICS = 8;
/** 4 TiB: what an older CRIU reads in 32 bits, too. */
const MOST_PAGES = 2 ** 30;

/** Reads CRIU's images/pagemap.proto. Throws where it is no such image. */
export function parsePagemap(image: Buffer): PagemapImage {
  const records: Map<number, number>[] = [];
  for (let at = MAGICS; at < image.length;) {
    const end = at + 4 + image.readUInt32LE(at);
    if (end > image.length) throw new Error('a pagemap image was cut short');
    records.push(fieldsOf(image.subarray(at + 4, end)));
    at = end;
  }
  const [head, ...entries] = records;
  const pagesId = head?.get(1);
  if (pagesId === undefined) throw new Error('a pagemap image without a head');
  return { head: image.subarray(0, MAGICS), pagesId, entries: entries.map(entryOf) };
}

/** The image's bytes, as CRIU writes and reads them (images/pagemap.proto). */
export function encodePagemap({ head, pagesId, entries }: PagemapImage): Buffer {
  const records = [[1, pagesId], ...entries.map(({ vaddr, pages, flags }) => [1, vaddr, 2, pages, 4, flags])].map(
    (fields) => Buffer.from(fields.flatMap((value, i) => varint(i % 2 ? value : value << 3))),
  );
  const framed = records.flatMap((record) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(record.length);
    return [length, record];
  });
  return Buffer.concat([head, ...framed]);
}

/** Throws where not every page is in the pages image that it names. */
export function requireOwnPages(image: PagemapImage): PagemapImage {
  if (!image.entries.every(({ flags }) => flags & PageFlag.present && !(flags & PageFlag.parent)))
    throw new Error('a pagemap of pages that are not in its image');
  return image;
}

/**
 * The same runs for a pages image in which each page lies at its own address: what is between them becomes runs of
 * `filler`, so that CRIU, which counts its way through the image, finds them there.
 */
export function spread(entries: readonly PagemapEntry[], filler: number): PagemapEntry[] {
  const all: PagemapEntry[] = [];
  let at = 0;
  for (const entry of entries) {
    while (at < entry.vaddr) {
      const pages = Math.min((entry.vaddr - at) / PAGE, MOST_PAGES);
      all.push({ vaddr: at, pages, flags: filler });
      at += pages * PAGE;
    }
    all.push(entry);
    at = entry.vaddr + entry.pages * PAGE;
  }
  return all;
}

function entryOf(fields: Map<number, number>): PagemapEntry {
  const flags = fields.get(3) ? PageFlag.parent : (fields.get(4) ?? PageFlag.present);
  return { vaddr: fields.get(1)!, pages: fields.get(5) ?? fields.get(2)!, flags };
}

/** The varint fields of a protobuf message: it has no others. */
function fieldsOf(message: Buffer): Map<number, number> {
  const fields = new Map<number, number>();
  let at = 0;
  const next = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++];
      if (byte === undefined) throw new Error('a pagemap image was cut short');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const key = next();
    if (key & 7) throw new Error(`a pagemap image with a field of wire type ${key & 7}`);
    fields.set(key >> 3, next());
  }
  return fields;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  return [...bytes, value];
}
