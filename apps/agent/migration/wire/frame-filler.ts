import type { DataChannel } from './data-channel.js';
import { HEADER } from './wire-frames.js';
import type { FrameType } from './wire-frames.js';
import type { Throttle } from './throttle.js';

/** Parts of this size and a little more fit. */
export const PART = 256 * 1024;

/** Gathers parts in frames of one type. Its buffers are used again and again: fresh memory costs more than the copy. */
export class FrameFiller {
  private buffer: Buffer | undefined;
  private end = 0;

  constructor(
    private readonly type: FrameType,
    private readonly channel: DataChannel,
    private readonly throttle: Throttle,
  ) {}

  /** The pieces stay together, and are the caller's again when it resolves. */
  async put(pieces: readonly Buffer[]): Promise<void> {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (this.buffer && this.end + length > this.buffer.length) await this.flush();
    if (!this.buffer) {
      this.buffer = await this.channel.room();
      this.end = HEADER;
    }
    for (const piece of pieces) this.end += piece.copy(this.buffer, this.end);
  }

  async flush(): Promise<void> {
    const { buffer, end } = this;
    if (!buffer) return;
    this.buffer = undefined;
    await this.throttle.take(end - HEADER);
    this.channel.sendRoom(this.type, buffer, end);
  }
}
