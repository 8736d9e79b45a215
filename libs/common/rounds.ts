/** Work that a process repeats: one round at a time, each `everyMs` after the begin of the one before, or after its end where that is later. */
export class Rounds {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private started = false;

  constructor(
    private readonly everyMs: number,
    /** A round that throws ends nothing: `failed` hears of it, and the next round is tried. */
    private readonly work: () => Promise<unknown>,
    private readonly failed: (error: unknown) => void,
    /** Whether waiting for the next round keeps the process from ending. */
    private readonly options: { keepsAlive: boolean } = { keepsAlive: true },
  ) {}

  /** Does nothing where they run already. */
  start(firstAfterMs = this.everyMs): void {
    if (this.started) return;
    this.started = true;
    this.next(firstAfterMs);
  }

  /** Begins no more rounds; resolves when the one under way has ended. May be started again. */
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
