import { messageOf } from '#libs/common/errors';
import type { Logger } from '#libs/common/logger';
import type { Execution } from './execution.js';
import type { ExecutionStore } from './execution-store.js';
import { LeaseLostError } from './interruptions.js';
import { Rounds } from '#libs/common/rounds';

interface Held {
  execution: Execution;
  /** Until this moment, by this process's monotonic clock, no other worker can have taken the operation. */
  safeUntil: number;
}

/** Renews the leases of everything that this worker runs, in one statement, three times per lease. */
export class LeaseKeeper {
  private readonly held = new Map<string, Held>();
  private readonly rounds: Rounds;

  constructor(
    private readonly store: ExecutionStore,
    private readonly log: Logger,
  ) {
    // `renew` handles the failures that it expects; any other error is a defect.
    this.rounds = new Rounds(
      store.leaseMs / 3,
      () => this.renew(),
      (error) => log.error({ err: error }, 'renewing leases failed'),
    );
  }

  /** Begins to renew in rounds. */
  start(): void {
    this.rounds.start();
  }

  /** Ends the rounds; resolves when none is under way. */
  stop(): Promise<void> {
    return this.rounds.stop();
  }

  /** Renews this execution's lease from now on. */
  hold(execution: Execution): void {
    this.held.set(execution.id, { execution, safeUntil: performance.now() + this.store.leaseMs });
  }

  /** Renews this execution's lease no longer. */
  release(execution: Execution): void {
    this.held.delete(execution.id);
  }

  get executions(): Execution[] {
    return [...this.held.values()].map(({ execution }) => execution);
  }

  /** Renews all leases now and learns which operations were asked to stop. A lost lease interrupts its execution. */
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
