import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { UnavailableError } from '#libs/common/errors';
import { Instance } from '#libs/compute/instances/instance.entity';
import { Host } from '#libs/fleet/hosts/host.entity';
import { LiveRefusals } from '#libs/mobility/eligibility/live-refusals';
import type { LiveLook } from '#libs/mobility/eligibility/live-refusals';
import type { BatchItem } from './batch-item.js';

type Asked = Pick<BatchItem, 'instanceId' | 'targetHostId'>;

/** How long an answer is used. */
const goodForMs = 30_000;
/** An answer older than this makes the move's own precheck ask the source again. */
const freshForMs = 5_000;

/**
 * Whether the servers of a batch can be moved live, as both agents and the scheduler say. Asks ahead, while earlier moves run,
 * so that no move waits for the answer.
 */
@Injectable()
export class LiveChoices {
  private readonly asked = new Map<string, { at: number; look: Promise<LiveLook> }>();

  constructor(
    private readonly database: DataSource,
    private readonly refusals: LiveRefusals,
  ) {}

  /** Asks ahead for the next items. A failure is not kept: whoever needs the answer asks again. */
  prefetch(items: readonly Asked[]): void {
    for (const [id, { at }] of this.asked) if (ageOf(at) > goodForMs) this.asked.delete(id);
    for (const item of items) this.ask(item).catch(() => this.asked.delete(item.instanceId));
  }

  /**
   * Every reason against a live move of the item; none: try it, also when an agent did not answer. `needs`: what the source
   * counted, if that is fresh enough for the move not to ask again. Uses an answer up.
   */
  async look(item: Asked): Promise<LiveLook> {
    const at = this.asked.get(item.instanceId)?.at ?? performance.now();
    try {
      const early = await this.ask(item);
      // Asks again, for the reason may be gone by now.
      if (early.reasons.length) return await this.find(item);
      return ageOf(at) > freshForMs ? { reasons: [] } : early;
    } catch (error) {
      if (error instanceof UnavailableError) return { reasons: [] };
      throw error;
    } finally {
      this.asked.delete(item.instanceId);
    }
  }

  private ask(item: Asked): Promise<LiveLook> {
    const known = this.asked.get(item.instanceId);
    if (known && ageOf(known.at) <= goodForMs) return known.look;
    const look = this.find(item);
    this.asked.set(item.instanceId, { at: performance.now(), look });
    return look;
  }

  private async find({ instanceId, targetHostId }: Asked): Promise<LiveLook> {
    const { manager } = this.database;
    const [instance, target] = await Promise.all([
      manager.findOneByOrFail(Instance, { id: instanceId }),
      targetHostId ? manager.findOneByOrFail(Host, { id: targetHostId }) : null,
    ]);
    // Ignores the task that runs on it now: it will have ended when its turn comes.
    const idle = Object.assign(instance, { taskState: null });
    return this.refusals.find(idle, target, { force: false, diskOverCommit: false, patient: true });
  }
}

const ageOf = (at: number): number => performance.now() - at;
