import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { open, readFile, readdir } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataChannel } from './data-channel.js';
import { FrameType, encodeImagePart } from './frames.js';

const CHUNK = 256 * 1024;
const PAGES = /^pages-\d+\.img$/;

/**
 * Sends a checkpoint while CRIU writes it: memory pages as they come (those files only grow), everything else, small and
 * partly rewritten, at the end.
 */
export class ImageStream {
  private readonly watcher: FSWatcher;
  private readonly sent = new Map<string, { handle: FileHandle; offset: number }>();
  private pumping: Promise<void> | undefined;
  private again = false;
  private failure: unknown;
  bytes = 0;

  constructor(
    private readonly directory: string,
    private readonly channel: DataChannel,
  ) {
    this.watcher = watch(directory, (_event, name) => {
      if (name && PAGES.test(name)) this.pump();
    });
  }

  /** After the dump: what is left. Resolves when all has been handed to the connection. */
  async finish(): Promise<void> {
    this.watcher.close();
    await this.pumping;
    if (this.failure) throw this.failure as Error;
    await this.sendPages();
    for (const name of (await readdir(this.directory)).sort()) {
      if (PAGES.test(name) || name.endsWith('.log')) continue;
      const data = await readFile(join(this.directory, name));
      for (let at = 0; at === 0 || at < data.length; at += CHUNK)
        await this.sendPart(name, data.subarray(at, at + CHUNK));
    }
  }

  async close(): Promise<void> {
    this.watcher.close();
    await this.pumping;
    for (const { handle } of this.sent.values()) await handle.close();
    this.sent.clear();
  }

  private pump(): void {
    this.again = true;
    this.pumping ??= this.pumpUntilQuiet().finally(() => (this.pumping = undefined));
  }

  private async pumpUntilQuiet(): Promise<void> {
    while (this.again && !this.failure) {
      this.again = false;
      try {
        await this.sendPages();
      } catch (error) {
        this.failure = error; // thrown by finish()
      }
    }
  }

  private async sendPages(): Promise<void> {
    for (const name of await readdir(this.directory)) {
      if (!PAGES.test(name)) continue;
      const file = this.sent.get(name) ?? { handle: await open(join(this.directory, name)), offset: 0 };
      this.sent.set(name, file);
      for (;;) {
        const { bytesRead, buffer } = await file.handle.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, file.offset);
        if (!bytesRead) break;
        file.offset += bytesRead;
        await this.sendPart(name, buffer.subarray(0, bytesRead));
      }
      if (!file.offset) await this.sendPart(name, Buffer.alloc(0));
    }
  }

  private async sendPart(name: string, data: Buffer): Promise<void> {
    this.bytes += data.length;
    await this.channel.send(FrameType.image, encodeImagePart(name, data));
  }
}
