import type { InstanceStatus } from '#generated/lxstack/agent/v1/types';
import { sleep } from '#libs/common/clock';
import { messageOf } from '#libs/common/errors';
import type { Logger } from '#libs/common/logger';

const BATCH = 500;
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [250, 10_000];

/** Reports states to the control plane. Repeats those that it did not take, with the newest state of each instance. */
export class InstanceReports {
  private readonly pending = new Map<string, InstanceStatus>();
  private sending: Promise<void> | undefined;

  constructor(
    /** Returns the ids that were not taken and must be reported again. */
    private readonly send: (instances: InstanceStatus[]) => Promise<readonly string[]>,
    private readonly logger: Logger,
    private readonly signal: AbortSignal,
  ) {}

  /** Reports these states, as soon as earlier reports allow. */
  add(statuses: readonly InstanceStatus[]): void {
    for (const status of statuses) this.pending.set(status.id, status);
    if (this.pending.size) this.sending ??= this.drain().finally(() => (this.sending = undefined));
  }

  /** A call has changed the instance, so an older report of it is dropped. */
  drop(instanceId: string): void {
    this.pending.delete(instanceId);
  }

  private async drain(): Promise<void> {
    for (let pause = FIRST_PAUSE_MS; this.pending.size && !this.signal.aborted;) {
      if (await this.tell([...this.pending.values()].slice(0, BATCH))) pause = FIRST_PAUSE_MS;
      else {
        await sleep(pause, this.signal).catch(() => undefined); // the process ends: the loop's condition tells
        pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
      }
    }
  }

  /** Sends a batch; returns whether the control plane took any. Those not taken go to the end of the queue. */
  private async tell(batch: readonly InstanceStatus[]): Promise<boolean> {
    try {
      const again = new Set(await this.send([...batch]));
      for (const status of batch) {
        if (this.pending.get(status.id) !== status) continue;
        this.pending.delete(status.id);
        if (again.has(status.id)) this.pending.set(status.id, status);
      }
      return again.size < batch.length;
    } catch (error) {
      this.logger.warn({ reason: messageOf(error), instances: this.pending.size }, 'states not told yet');
      return false;
    }
  }
}
