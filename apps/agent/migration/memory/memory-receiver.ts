import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { raiseAgentPriority } from '../agent-priority.js';
import { decodeMemoryParts } from './memory-frames.js';
import type { SentMemory } from './memory-feed.js';
import { PageFlag, encodePagemap, parsePagemap, requireOwnPages, spread } from './pagemap-image.js';

const MOST_TASKS = 4096;

/**
 * Target: takes the memory that is sent while the instance runs at the source. Each task has one sparse image in which each
 * page lies at its own address, so that a changed page overwrites the old one.
 */
export class MemoryReceiver {
  private readonly files = new Map<number, number>();
  private restorePriority: (() => void) | undefined;

  /** `images`: CRIU's directory, on a tmpfs. `lazyImages`: made here, the same images as `criu lazy-pages` is to see them. */
  constructor(
    private readonly images: string,
    private readonly lazyImages: string,
  ) {}

  /** Synchronous: writing a page to a tmpfs is quicker than handing it to a thread. */
  take(payload: Buffer): void {
    this.restorePriority ??= raiseAgentPriority(); // slow passes would leave more for the freeze
    for (const { pid, address, data } of decodeMemoryParts(payload)) {
      const fd = this.files.get(pid) ?? this.open(pid);
      for (let at = 0; at < data.length;) at += writeSync(fd, data, at, data.length - at, address + at);
    }
  }

  /**
   * All images are here: rewrites their pagemaps to fit the sparse images. The gaps between pages are named so that both readers
   * skip them: for the restore they are pages that come later, for the daemon pages that are restored already.
   */
  finish(sent: readonly SentMemory[]): void {
    mkdirSync(this.lazyImages, { mode: 0o755 });
    for (const name of readdirSync(this.images)) symlinkSync(join(this.images, name), join(this.lazyImages, name));
    for (const { pid, pagesId } of sent) {
      const name = `pagemap-${pid}.img`;
      const image = requireOwnPages(parsePagemap(readFileSync(join(this.images, name))));
      const between = (filler: number) => encodePagemap({ ...image, entries: spread(image.entries, filler) });
      writeFileSync(join(this.lazyImages, `${name}.new`), between(PageFlag.present));
      renameSync(join(this.lazyImages, `${name}.new`), join(this.lazyImages, name)); // in place of the link
      writeFileSync(join(this.images, name), between(PageFlag.present | PageFlag.lazy));
      const pages = `pages-${pagesId}.img`;
      if (!this.files.has(pid)) this.open(pid);
      renameSync(this.file(pid), join(this.images, pages));
      symlinkSync(join(this.images, pages), join(this.lazyImages, pages));
    }
    this.close();
  }

  close(): void {
    this.restorePriority?.();
    for (const fd of this.files.values()) closeSync(fd);
    this.files.clear();
  }

  private open(pid: number): number {
    if (this.files.size >= MOST_TASKS) throw new Error(`memory of more than ${MOST_TASKS} tasks`);
    const fd = openSync(this.file(pid), 'wx', 0o644);
    this.files.set(pid, fd);
    return fd;
  }

  private file(pid: number): string {
    return join(this.images, `memory-${pid}`);
  }
}
