import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { hostNeeds } from '#libs/compute/instances/spec/host-needs';
import type { Instance } from '#libs/compute/instances/instance.entity';
import { databaseTime } from '#libs/database/database-time';
import { Host } from '#libs/fleet/hosts/host.entity';
import { isUp } from '#libs/fleet/hosts/host-state';
import type { Explanation } from '#libs/scheduling/core/explanation';
import { explainLines } from '#libs/scheduling/core/explanation';
import { Scheduler } from '#libs/scheduling/placement/scheduler.service';
import { blocksCpu } from '../migrations/cpu-features.js';
import { blocksDisk, sharesDisks } from '../migrations/move-checks.js';
import { MoveRefusedError, SharedStorageError } from '../migrations/move.errors.js';
import type { LiveMigrateInput } from '../migrations/move-operations.js';
import { placementOfMove } from '../migrations/placement-of-move.js';
import { AgentPrecheck } from './agent-precheck.js';
import { blocksLive, blocksTarget } from './eligibility-rules.js';
import { blocksImage } from './image-rules.js';
import { blocksCapacity } from './capacity-rules.js';
import type { CapacityLeft, CapacityNeeded } from './capacity-rules.js';

/** Number of hosts that are named, each with its reason, where no host fits. */
const TOLD_HOSTS = 10;

/** How a live move was asked for. */
interface Asked {
  /** Skips the scheduler's filters. */
  force: boolean;
  /** Skips the check of the target's free disk. */
  diskOverCommit: boolean;
  /** An agent that does not answer becomes UnavailableError instead of a reason: the caller asks again later. */
  patient?: boolean;
  /**
   * Reads the fleet as it is now, for one move that a caller waits for; without it, looks at many moves share a picture
   * at most a second old.
   */
  exact?: boolean;
}

/** What is known of a live move before it begins. */
export interface LiveLook {
  /** Reasons against the move; empty: it may be tried. */
  reasons: string[];
  /** What the instance needs, where its source's agent was asked. */
  needs?: CapacityNeeded;
}

interface Against {
  reasons: string[];
  /** What the target has left, where its agent was asked. */
  left?: CapacityLeft;
}

/** Finds why a live move cannot be made now: all that Postgres, the scheduler and the agents of both ends know. */
@Injectable()
export class LiveRefusals {
  constructor(
    private readonly database: DataSource,
    private readonly look: AgentPrecheck,
    private readonly scheduler: Scheduler,
  ) {}

  /** Throws MoveRefusedError with every reason, also those of how the move was asked for. */
  async refuse(instance: Instance, target: Host | null, input: LiveMigrateInput): Promise<void> {
    const { force = false, diskOverCommit = false, sendDisk } = input;
    const source = await this.sourceOf(instance);
    const { reasons } = await this.reasonsFor(instance, source, target, { force, diskOverCommit, exact: true });
    const shared = source !== null && sharesDisks(source);
    if (source && sendDisk === shared) throw new SharedStorageError(shared, reasons);
    if (reasons.length) throw new MoveRefusedError('host', reasons);
  }

  /**
   * Every reason, in words on which an operator can act; none: the move may be tried. `target` null: the scheduler
   * chooses. Changes nothing, and waits for each agent no longer than AgentPrecheck does.
   */
  async find(instance: Instance, target: Host | null, asked: Asked): Promise<LiveLook> {
    return this.reasonsFor(instance, await this.sourceOf(instance), target, asked);
  }

  private async reasonsFor(
    instance: Instance,
    source: Host | null,
    target: Host | null,
    asked: Asked,
  ): Promise<LiveLook> {
    const { diskOverCommit, patient = false } = asked;
    const known = [...blocksLive(instance, source), ...(await blocksImage(this.database.manager, instance))];
    if (!source || instance.vmState !== 'active') return { reasons: known };
    const [here, there] = await Promise.all([
      this.look.at(source, instance.id, patient),
      target ? this.against(instance, source, target, asked) : this.nowhere(instance, source, asked),
    ]);
    const { memoryNeededBytes, diskNeededBytes } = here;
    const needs = { memoryNeededBytes, diskNeededBytes };
    const room = target && there.left ? blocksCapacity(needs, target.name, there.left, diskOverCommit) : [];
    return { reasons: [...new Set([...known, ...here.reasons, ...there.reasons, ...room])], needs };
  }

  private async sourceOf({ hostId }: Instance): Promise<Host | null> {
    return hostId ? this.database.manager.findOneBy(Host, { id: hostId }) : null;
  }

  private async against(instance: Instance, source: Host, target: Host, asked: Asked): Promise<Against> {
    if (target.id === source.id) return { reasons: [`Instance ${instance.id} is on ${target.name} already.`] };
    const now = await databaseTime(this.database.manager);
    if (!isUp(target, now)) return { reasons: [`Host ${target.name} is down.`] };
    const known = blocksTarget(instance, asked.force ? { ...target, enabled: true } : target, true, [
      'restore',
      ...hostNeeds(instance, instance.flavor),
    ]);
    const [looked, explanation] = await Promise.all([
      this.look.at(target, instance.id),
      this.explain(instance, source, target.id, asked),
    ]);
    const reasons = [...known, ...blocksDisk(source, target), ...blocksCpu(source, target), ...looked.reasons];
    return { reasons: reasons.length ? reasons : rejections(explanation, target.id), left: looked };
  }

  private async nowhere(instance: Instance, source: Host, { exact }: Asked): Promise<Against> {
    const explanation = await this.explain(instance, source, null, { force: false, exact });
    if (explanation.hosts.some(({ rejectedBy }) => rejectedBy === null)) return { reasons: [] };
    const lines = explainLines(explanation).slice(0, TOLD_HOSTS);
    return { reasons: [`No valid host was found. ${lines.join('; ') || 'There are no hosts.'}`] };
  }

  private explain(
    instance: Instance,
    source: Host,
    requestedHostId: string | null,
    { force, exact }: Pick<Asked, 'force' | 'exact'>,
  ): Promise<Explanation> {
    const move = { kind: 'instance.live-migrate', migrationId: instance.id, requestedHostId, force, newFlavor: null };
    return this.scheduler.explain(placementOfMove(instance, source, move), { exact });
  }
}

/** What the filters say against one host. */
function rejections({ hosts }: Explanation, hostId: string): string[] {
  const verdict = hosts.find((one) => one.hostId === hostId);
  return !verdict || verdict.rejectedBy === null
    ? []
    : [`Host ${verdict.host}: ${verdict.rejectedBy}: ${verdict.reason}.`];
}
