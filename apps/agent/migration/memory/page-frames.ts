import { setImmediate as breath } from 'node:timers/promises';
import { FrameFiller, PART } from '../wire/frame-filler.js';
import type { DataChannel } from '../wire/data-channel.js';
import { FrameType } from '../wire/wire-frames.js';
import type { Throttle } from '../wire/throttle.js';
import { encodeMemoryPart } from './memory-frames.js';

const BETWEEN_BREATHS = 4 << 20;
/** A comparison that finds nothing still counts as so many bytes of work. */
const LOOK = 1 << 20;

/** Sends pages to the target, and pauses so that the rest of the agent gets its turn. */
export class PageFrames {
  private readonly frames: FrameFiller;
  private sinceBreath = 0;
  bytes = 0;

  constructor(channel: DataChannel, throttle: Throttle) {
    this.frames = new FrameFiller(FrameType.memory, channel, throttle);
  }

  /** When it resolves, the caller may reuse `data`. Empty `data`: a comparison that found nothing. */
  async put(pid: number, address: number, data: Buffer): Promise<void> {
    for (let at = 0; at < data.length; at += PART)
      await this.frames.put(encodeMemoryPart({ pid, address: address + at, data: data.subarray(at, at + PART) }));
    this.bytes += data.length;
    if ((this.sinceBreath += data.length || LOOK) < BETWEEN_BREATHS) return;
    this.sinceBreath = 0;
    await breath();
  }

  flush(): Promise<void> {
    return this.frames.flush();
  }
}
