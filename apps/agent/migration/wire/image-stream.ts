import { closeSync, openSync, readFileSync, readSync, readdirSync, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { imageFixups } from '../criu/fixups/criu-image-fixups.js';
import type { DataChannel } from './data-channel.js';
import { FrameFiller, PART } from './frame-filler.js';
import { FrameType, encodeImagePart } from './wire-frames.js';
import type { Throttle } from './throttle.js';

/** Images of memory pages. */
export const PAGES = /^pages-\d+\.img$/;

/**
 * Sends CRIU's images while CRIU writes them: memory pages as they come, for those files only grow; the other images, small and
 * partly rewritten, at the end. Synchronous: reading a chunk from a tmpfs is quicker than handing it to a thread.
 */
export class ImageStream {
  private readonly watcher: FSWatcher | undefined;
  private readonly pages = new Map<string, { fd: number; offset: number }>();
  private pumping: Promise<void> | undefined;
  private again = false;
  private failure: unknown;
  private readonly frames: FrameFiller;
  private readonly chunk = Buffer.allocUnsafeSlow(PART);
  bytes = 0;

  /** `early`: pages as they come; else all at the end. */
  constructor(
    private readonly directory: string,
    channel: DataChannel,
    throttle: Throttle,
    early: boolean,
  ) {
    this.frames = new FrameFiller(FrameType.image, channel, throttle);
    if (!early) return;
    this.watcher = watch(directory, (_event, name) => {
      if (name && PAGES.test(name)) this.pump();
    });
  }

  /** After the dump: sends all that is left except the `excepted` images. Resolves when the connection has taken all. */
  async finish(excepted: ReadonlySet<string>): Promise<void> {
    this.watcher?.close();
    await this.pumping;
    if (this.failure) throw this.failure as Error;
    await this.sendPages(excepted);
    const amend = imageFixups(this.directory);
    for (const name of readdirSync(this.directory).sort()) {
      if (PAGES.test(name) || name.endsWith('.log')) continue;
      const data = readFileSync(join(this.directory, name));
      amend(name, data);
      for (let at = 0; at === 0 || at < data.length; at += PART) await this.put(name, data.subarray(at, at + PART));
    }
    await this.frames.flush();
  }

  async close(): Promise<void> {
    this.watcher?.close();
    await this.pumping;
    for (const { fd } of this.pages.values()) closeSync(fd);
    this.pages.clear();
  }

  private pump(): void {
    this.again = true;
    this.pumping ??= this.pumpUntilQuiet().finally(() => (this.pumping = undefined));
  }

  private async pumpUntilQuiet(): Promise<void> {
    while (this.again && !this.failure) {
      this.again = false;
      try {
        await this.sendPages(new Set());
      } catch (error) {
        this.failure = error; // thrown by finish()
      }
    }
  }

  private async sendPages(excepted: ReadonlySet<string>): Promise<void> {
    for (const name of readdirSync(this.directory)) {
      if (!PAGES.test(name) || excepted.has(name)) continue;
      const file = this.pages.get(name) ?? { fd: openSync(join(this.directory, name), 'r'), offset: 0 };
      this.pages.set(name, file);
      for (;;) {
        const length = readSync(file.fd, this.chunk, 0, PART, file.offset);
        if (!length) break;
        file.offset += length;
        await this.put(name, this.chunk.subarray(0, length));
      }
      if (!file.offset) await this.put(name, Buffer.alloc(0));
    }
    await this.frames.flush();
  }

  private async put(name: string, data: Buffer): Promise<void> {
    this.bytes += data.length;
    await this.frames.put(encodeImagePart(name, data));
  }
}
