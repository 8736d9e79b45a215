import { messageOf } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import type { Acknowledgement, Acknowledgements } from './acknowledgements.js';

/** Somebody waits: soon, but the answers of many hosts in one statement. */
const SOON_MS = 15;
/** Nobody does: the table is told now and then how far hosts are. */
const LATER_MS = 3_000;

/** Acknowledgements on their way into the table, the newest of each host: a thousand hosts cost a statement, not a thousand. */
export class AckBuffer {
  private readonly log = createLogger('desired-state');
  private readonly pending = new Map<string, Acknowledgement>();
  private timer: NodeJS.Timeout | undefined;
  private due = Infinity;
  private awaited = false;

  constructor(private readonly acknowledgements: Pick<Acknowledgements, 'write'>) {}

  /** `soon`: somebody waits for it, or it tells of something that is not as it should be. */
  add(acknowledgement: Acknowledgement, soon: boolean): void {
    const before = this.pending.get(acknowledgement.hostId);
    const mended = [...(before?.mended ?? []), ...acknowledgement.mended].slice(0, 100);
    this.pending.set(acknowledgement.hostId, { ...acknowledgement, mended });
    this.awaited ||= soon;
    this.schedule(soon ? SOON_MS : LATER_MS);
  }

  /** What is waiting is written at once. */
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
