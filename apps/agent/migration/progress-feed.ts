import type { MigrationPhase, MigrationProgress } from '#generated/lxstack/agent/v1/agent';

const MOVED_MS = 200;

/** The progress of one migration, and who looks on. */
export class ProgressFeed {
  private readonly listeners = new Set<() => void>();
  private toldAt = 0;

  constructor(private readonly progress: MigrationProgress) {}

  enter(phase: MigrationPhase): void {
    this.progress.phase = phase;
    this.tell();
  }

  /** Bytes have gone: told a few times a second. */
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

  /** From where it is, each change, up to the one that `isLast`. */
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
