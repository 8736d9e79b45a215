import { messageOf } from '#libs/common/errors';
import type { Logger } from '#libs/common/logger';
import type { Execution } from './execution.js';
import type { ExecutionStore } from './execution-store.js';
import { LeaseLostError } from './interruptions.js';
import { Rounds } from '#libs/common/rounds';

interface Held {
  execution: Execution;
  /** Until when nobody else can have taken it, by this process's monotonic clock. */
  safeUntil: number;
}

/** Renews the leases of everything this worker runs, all in one statement, each third of a lease. */
export class LeaseKeeper {
  private readonly held = new Map<string, Held>();
  private readonly rounds: Rounds;

  constructor(
    private readonly store: ExecutionStore,
    private readonly log: Logger,
  ) {
    // `renew` meets its own failures; whatever else it throws is a defect.
    this.rounds = new Rounds(
      store.leaseMs / 3,
      () => this.renew(),
      (error) => log.error({ err: error }, 'renewing leases failed'),
    );
  }

  start(): void {
    this.rounds.start();
  }

  stop(): Promise<void> {
    return this.rounds.stop();
  }

  hold(execution: Execution): void {
    this.held.set(execution.id, { execution, safeUntil: performance.now() + this.store.leaseMs });
  }

  release(execution: Execution): void {
    this.held.delete(execution.id);
  }

  get executions(): Execution[] {
    return [...this.held.values()].map(({ execution }) => execution);
  }

  /** Renews now; also how a request to cancel is read. Losing the lease interrupts the execution. */
  async renew(): Promise<void> {
    const asked = [...this.held.values()];
    if (!asked.length) return;
    const begun = performance.now();
    try {
      const renewed = await this.store.renew(asked.map(({ execution }) => execution.id));
      for (const one of asked) {
        const cancel = renewed.get(one.execution.id);
        if (cancel !== undefined) one.safeUntil = begun + this.store.leaseMs;
        else if (this.held.get(one.execution.id) === one) one.execution.interrupt(new LeaseLostError(one.execution.id));
        if (cancel) one.execution.cancel();
      }
    } catch (error) {
      this.log.warn({ error: messageOf(error), held: asked.length }, 'leases not renewed');
      for (const { execution, safeUntil } of asked)
        if (performance.now() > safeUntil) execution.interrupt(new LeaseLostError(execution.id));
    }
  }
}
