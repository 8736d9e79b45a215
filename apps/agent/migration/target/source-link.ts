import { appendFileSync, closeSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { DataChannel } from '../wire/data-channel.js';
import type { DiskReceiver } from '../disk/disk-receiver.js';
import { PAGES } from '../wire/image-stream.js';
import { FrameType, decodeImageParts } from '../wire/wire-frames.js';
import { MemoryReceiver } from '../memory/memory-receiver.js';
import type { Message } from '../wire/messages.js';
import { moveFile } from '../move-files.js';

interface Listener {
  arm(message: Message & { say: 'arm' }): Promise<void>;
  dumpAgain(): Promise<void>;
  restore(message: Message & { say: 'restore' }): Promise<void>;
  abort(reason: string): Promise<void>;
}

/** The target's conversation with the source: writes disk and images to their places and hands messages to the listener. */
export class SourceLink {
  /** Open files of memory pages, by name. Other images are small and are opened for each part. */
  private readonly open = new Map<string, number>();

  private readonly images: string;
  private readonly memory: MemoryReceiver;

  constructor(
    private readonly channel: DataChannel,
    private readonly disk: DiskReceiver,
    directory: string,
    private readonly listener: Listener,
    private readonly lazyPages: boolean,
  ) {
    this.images = moveFile(directory, 'images');
    this.memory = new MemoryReceiver(this.images, moveFile(directory, 'lazyImages'));
  }

  /** Serves the connection until it ends, which throws. */
  async follow(): Promise<never> {
    const copies = (await this.disk.copies?.offer()) ?? 'none';
    await this.channel.tell({ say: 'welcome', lazyPages: this.lazyPages, copies, fileFlags: true });
    try {
      for (;;) await this.take();
    } finally {
      for (const fd of this.open.values()) closeSync(fd);
      this.memory.close();
    }
  }

  private async take(): Promise<void> {
    const frame = await this.channel.receive();
    switch (frame.type) {
      case FrameType.disk:
        return this.disk.write(frame.payload);
      case FrameType.image:
        this.takeImages(frame.payload);
        return this.channel.recycle(frame.payload);
      case FrameType.memory:
        this.memory.take(frame.payload);
        return this.channel.recycle(frame.payload);
      case FrameType.message:
        return this.hear(JSON.parse(frame.payload.toString()) as Message);
      default:
        throw new Error(`unexpected frame of type ${frame.type}`);
    }
  }

  /** Synchronous: writing a chunk to a tmpfs is quicker than handing it to a thread. Appends, for the directory was empty. */
  private takeImages(payload: Buffer): void {
    for (const { name, data } of decodeImageParts(payload)) {
      if (!PAGES.test(name)) {
        appendFileSync(join(this.images, name), data, { mode: 0o644 });
        continue;
      }
      const fd = this.open.get(name) ?? openSync(join(this.images, name), 'a', 0o644);
      this.open.set(name, fd);
      for (let at = 0; at < data.length;) at += writeSync(fd, data, at);
    }
  }

  /** Removes the images of a dump that has failed. */
  private removeImages(): void {
    for (const fd of this.open.values()) closeSync(fd);
    this.open.clear();
    for (const name of readdirSync(this.images)) rmSync(join(this.images, name));
  }

  private async hear(message: Message): Promise<void> {
    switch (message.say) {
      case 'pass':
        return this.disk.begin(message);
      case 'pass-end':
        await this.disk.end();
        return this.channel.tell({ say: 'pass-done' });
      case 'copy':
        return this.disk.copies?.begin();
      case 'copy-end':
        return this.channel.tell({ say: 'copied', problem: (await this.disk.copies?.end()) ?? 'no copies here' });
      case 'adopt':
        await this.disk.copies?.adopt(message.pass);
        return this.channel.tell({ say: 'adopted' });
      case 'arm':
        this.channel.keepTalking();
        await this.listener.arm(message);
        return this.channel.tell({ say: 'armed' });
      case 'dump-again':
        this.removeImages();
        await this.listener.dumpAgain();
        return this.channel.tell({ say: 'emptied' });
      case 'restore':
        if (message.memory.length) this.memory.finish(message.memory);
        return this.listener.restore(message);
      case 'abort':
        return this.listener.abort(message.reason);
      default:
        throw new Error(`unexpected message ${message.say}`);
    }
  }
}
