import { sleep } from '#libs/common/clock';

/** Milliseconds that only grow, and a way to let them. */
interface Clock {
  now(): number;
  sleep(ms: number): Promise<void>;
}

const ownClock: Clock = { now: () => performance.now(), sleep };
/** Shorter waits are added up: timers are not that exact. */
const SHORTEST_MS = 10;

/** A cap on bytes per second, over the whole of a migration; 0: none. */
export class Throttle {
  private due = 0;

  constructor(
    private bytesPerSecond: number,
    private readonly clock: Clock = ownClock,
  ) {}

  /** No cap from now on. */
  lift(): void {
    this.bytesPerSecond = 0;
  }

  async take(bytes: number): Promise<void> {
    if (!this.bytesPerSecond) return;
    const now = this.clock.now();
    this.due = Math.max(this.due, now) + (bytes / this.bytesPerSecond) * 1000;
    if (this.due - now > SHORTEST_MS) await this.clock.sleep(this.due - now);
  }
}
