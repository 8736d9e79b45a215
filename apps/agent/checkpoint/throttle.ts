import { sleep } from '#libs/common/clock';

/** A cap on bytes per second, over the whole of a migration; 0: none. */
export class Throttle {
  private due = 0;

  constructor(private bytesPerSecond: number) {}

  /** No cap from now on. */
  lift(): void {
    this.bytesPerSecond = 0;
  }

  async take(bytes: number): Promise<void> {
    if (!this.bytesPerSecond) return;
    const now = performance.now();
    this.due = Math.max(this.due, now) + (bytes / this.bytesPerSecond) * 1000;
    if (this.due - now > 10) await sleep(this.due - now);
  }
}
