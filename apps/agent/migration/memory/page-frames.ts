import { setImmediate as breath } from 'node:timers/promises';
import { FrameFiller, PART } from '../wire/frame-filler.js';
import type { DataChannel } from '../wire/data-channel.js';
import { FrameType } from '../wire/wire-frames.js';
import type { Throttle } from '../wire/throttle.js';
import { encodeMemoryPart } from './memory-frames.js';

const BETWEEN_BREATHS = 4 << 20;
/** What a look costs that found nothing to send. */
const LOOK = 1 << 20;

/** Pages on their way to the target. Lets the rest of the agent have its turn. */
export class PageFrames {
  private readonly frames: FrameFiller;
  private sinceBreath = 0;
  bytes = 0;

  constructor(channel: DataChannel, throttle: Throttle) {
    this.frames = new FrameFiller(FrameType.memory, channel, throttle);
  }

  /** `data` is the caller's again when it resolves; empty where there was nothing to send. */
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
