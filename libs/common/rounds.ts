/**
 * Repeats work, one round at a time: every `everyMs` after the start of the round before, or after its end where that
 * is later.
 */
export class Rounds {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private started = false;

  constructor(
    private readonly everyMs: number,
    /** A round that throws does not end the rounds: `failed` is called, and the next round is tried. */
    private readonly work: () => Promise<unknown>,
    private readonly failed: (error: unknown) => void,
    /** Whether the wait for the next round keeps the process alive. */
    private readonly options: { keepsAlive: boolean } = { keepsAlive: true },
  ) {}

  /** Does nothing where the rounds have been started already. */
  start(firstAfterMs = this.everyMs): void {
    if (this.started) return;
    this.started = true;
    this.next(firstAfterMs);
  }

  /** Begins no more rounds, and resolves when the one under way has ended. `start` may follow. */
  async stop(): Promise<void> {
    this.started = false;
    clearTimeout(this.timer);
    await this.running;
  }

  private next(afterMs: number): void {
    this.timer = setTimeout(() => {
      this.running = this.round();
    }, afterMs);
    if (!this.options.keepsAlive) this.timer.unref();
  }

  private async round(): Promise<void> {
    const begun = performance.now();
    try {
      await this.work();
    } catch (error) {
      this.failed(error);
    }
    if (this.started) this.next(Math.max(0, this.everyMs - (performance.now() - begun)));
  }
}
