import { closeSync, openSync, readFileSync, readSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { faultPoint } from '#libs/common/fault-point';
import { PART } from '../wire/frame-filler.js';
import type { MemoryFeed, SentMemory } from './memory-feed.js';
import type { PageFrames } from './page-frames.js';
import { PageFlag, encodePagemap, parsePagemap } from './pagemap-image.js';
import type { PagemapEntry } from './pagemap-image.js';
import { PAGE } from './task-memory.js';

const PAGEMAP = /^pagemap-(\d+)\.img$/;

/**
 * Finds changed pages by the kernel's tracking of writes (soft-dirty): each pass is a `criu pre-dump` that builds on the one
 * before, and the dump builds on the last. At the target every page goes to its own address, so that the restore needs no
 * chain of images.
 */
export class TrackedMemory implements MemoryFeed {
  /** By pid: the flags of each page that the target has. */
  private readonly known = new Map<number, Map<number, number>>();
  preDump = '';

  constructor(
    private readonly frames: PageFrames,
    /** Runs a pre-dump upon the one in `before` (empty: the first); the directory of its images. */
    private readonly dumpMore: (before: string) => Promise<string>,
  ) {}

  get bytes(): number {
    return this.frames.bytes;
  }

  async pass(): Promise<number> {
    const before = this.bytes;
    this.preDump = await this.dumpMore(this.preDump);
    for (const { pid, file } of pagemapsOf(this.preDump)) await this.send(this.preDump, pid, file);
    await faultPoint('source.memory');
    await this.frames.flush();
    return this.bytes - before;
  }

  async lastPass(): Promise<void> {
    // It is in the dump's own images.
  }

  async finish(images: string): Promise<SentMemory[]> {
    const sent: SentMemory[] = [];
    for (const { pid, file } of pagemapsOf(images)) {
      const { head, pagesId, entries } = await this.send(images, pid, file);
      if (!entries.length) continue;
      const known = this.known.get(pid)!;
      writeFileSync(file, encodePagemap({ head, pagesId, entries: withoutParent(entries, known) }));
      sent.push({ pid, pagesId });
    }
    await this.frames.flush();
    return sent;
  }

  close(): void {
    this.known.clear();
  }

  /** Sends the pages that these images hold themselves, not those of an earlier pre-dump. */
  private async send(directory: string, pid: number, file: string) {
    const pagemap = parsePagemap(readFileSync(file));
    const known = this.known.get(pid) ?? new Map<number, number>();
    this.known.set(pid, known);
    const own = pagemap.entries.filter(({ flags }) => flags & PageFlag.present);
    if (!own.length) return pagemap;
    const fd = openSync(join(directory, `pages-${pagemap.pagesId}.img`), 'r');
    try {
      const part = Buffer.allocUnsafe(PART);
      let offset = 0;
      for (const { vaddr, pages, flags } of own) {
        for (let at = 0; at < pages * PAGE; at += PAGE) known.set(vaddr + at, flags);
        for (let at = 0; at < pages * PAGE; at += PART) {
          const length = Math.min(PART, pages * PAGE - at);
          if (readSync(fd, part, 0, length, offset) !== length) throw new Error('an image of pages is too short');
          await this.frames.put(pid, vaddr + at, part.subarray(0, length));
          offset += length;
        }
      }
    } finally {
      closeSync(fd);
    }
    return pagemap;
  }
}

/** Rewrites runs that are in an earlier dump as if this dump held them, with their flags there. */
export function withoutParent(entries: readonly PagemapEntry[], known: ReadonlyMap<number, number>): PagemapEntry[] {
  return entries.flatMap((entry) => {
    if (!(entry.flags & PageFlag.parent)) return [entry];
    const runs: PagemapEntry[] = [];
    for (let i = 0; i < entry.pages; i++) {
      const vaddr = entry.vaddr + i * PAGE;
      const flags = known.get(vaddr);
      if (flags === undefined) throw new Error(`page ${vaddr.toString(16)} is in no dump`);
      const last = runs.at(-1);
      if (last?.flags === flags) last.pages++;
      else runs.push({ vaddr, pages: 1, flags });
    }
    return runs;
  });
}

const pagemapsOf = (directory: string): { pid: number; file: string }[] =>
  readdirSync(directory).flatMap((name) => {
    const pid = PAGEMAP.exec(name)?.[1];
    return pid ? [{ pid: Number(pid), file: join(directory, name) }] : [];
  });
