import { messageOf } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import type { Acknowledgement, Acknowledgements } from './acknowledgements.js';

/** Delay where a caller waits for the acknowledgement: short, yet long enough to write many hosts in one statement. */
const SOON_MS = 15;
/** Delay where no caller waits: the table learns how far hosts are. */
const LATER_MS = 3_000;

/** Collects acknowledgements and writes the newest of each host, so that a thousand hosts cost one statement. */
export class AckBuffer {
  private readonly log = createLogger('desired-state');
  private readonly pending = new Map<string, Acknowledgement>();
  private timer: NodeJS.Timeout | undefined;
  private due = Infinity;
  private awaited = false;

  constructor(private readonly acknowledgements: Pick<Acknowledgements, 'write'>) {}

  /** `soon`: a caller waits for it, or it reports a failure or something mended. */
  add(acknowledgement: Acknowledgement, soon: boolean): void {
    const before = this.pending.get(acknowledgement.hostId);
    const mended = [...(before?.mended ?? []), ...acknowledgement.mended].slice(0, 100);
    this.pending.set(acknowledgement.hostId, { ...acknowledgement, mended });
    this.awaited ||= soon;
    this.schedule(soon ? SOON_MS : LATER_MS);
  }

  /** Writes at once what has been collected. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.due = Infinity;
    const [batch, awaited] = [[...this.pending.values()], this.awaited];
    this.pending.clear();
    this.awaited = false;
    if (!batch.length) return;
    try {
      await this.acknowledgements.write(batch, awaited);
    } catch (error) {
      this.log.warn({ error: messageOf(error), hosts: batch.length }, 'acknowledgements not written yet');
      for (const one of batch) if (!this.pending.has(one.hostId)) this.pending.set(one.hostId, one);
      this.awaited ||= awaited;
      this.schedule(LATER_MS);
    }
  }

  private schedule(inMs: number): void {
    const due = performance.now() + inMs;
    if (due >= this.due) return;
    clearTimeout(this.timer);
    this.due = due;
    this.timer = setTimeout(() => void this.flush(), inMs).unref();
  }
}
