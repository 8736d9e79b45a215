import type { MigrationPhase, MigrationProgress } from '#generated/lxstack/agent/v1/agent';

const MOVED_MS = 200;

/** Publishes the progress of one move to those who watch it. */
export class ProgressFeed {
  private readonly listeners = new Set<() => void>();
  private toldAt = 0;

  constructor(private readonly progress: MigrationProgress) {}

  enter(phase: MigrationPhase): void {
    this.progress.phase = phase;
    this.tell();
  }

  /** Bytes were sent: watchers hear of it a few times a second. */
  moved(): void {
    if (performance.now() - this.toldAt > MOVED_MS) this.tell();
  }

  private tell(): void {
    this.toldAt = performance.now();
    for (const listener of this.listeners) listener();
  }

  /** Milliseconds from `since` (performance.now) until now, to a tenth. */
  time(part: string, since: number): void {
    this.progress.timingsMs[part] = Math.round((performance.now() - since) * 10) / 10;
  }

  /** Yields the progress now and at each change, up to the one for which `isLast` holds. */
  async *watch(isLast: (phase: MigrationPhase) => boolean): AsyncGenerator<MigrationProgress> {
    let changed = Promise.withResolvers<void>();
    const listener = () => changed.resolve();
    this.listeners.add(listener);
    try {
      for (;;) {
        const seen = structuredClone(this.progress);
        yield seen;
        if (isLast(seen.phase)) return;
        await changed.promise;
        changed = Promise.withResolvers<void>();
      }
    } finally {
      this.listeners.delete(listener);
    }
  }
}
