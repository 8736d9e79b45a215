import { Injectable } from '@nestjs/common';
import { MigrationKind } from '#generated/lxstack/agent/v1/agent';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { UnavailableError } from '#libs/common/errors';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import { MoveRefusedError } from '#libs/mobility/migrations/move.errors';
import { blocksCapacity } from '#libs/mobility/eligibility/capacity-rules';
import type { StepRun } from '#libs/operations/workflow';
import type { Explanation } from '#libs/scheduling/core/explanation';
import { Scheduler } from '#libs/scheduling/placement/scheduler.service';
import type { PlacementRequest } from '#libs/scheduling/placement/scheduler.service';
import { HostCalls } from '../../host/host-calls.js';
import { InstanceSpecs } from '../../instance/instance-specs.js';
import type { MoveContext } from '../move-context.js';

type Run = StepRun<MoveInput, MoveContext>;

/** Hosts that are asked at most (Nova: migrate_max_retries). */
const MOST_ASKED = 5;

export interface FoundTarget {
  hostId?: string;
  /** Why that one. */
  explanation?: Explanation;
  /** Hosts whose agents said no. */
  refused: string[];
}

/** Finds the target of a live move that names none: the scheduler's best host whose agent agrees. */
@Injectable()
export class FittingTarget {
  constructor(
    private readonly hosts: HostCalls,
    private readonly specs: InstanceSpecs,
    private readonly scheduler: Scheduler,
  ) {}

  /** Undefined when the scheduler finds none. Throws MoveRefusedError with every reason when all agents that were asked refused. */
  async find(run: Run, request: PlacementRequest): Promise<FoundTarget> {
    const { spec } = await this.specs.load(run.operation.resourceId);
    const refused: string[] = [];
    const reasons: string[] = [];
    while (refused.length < MOST_ASKED) {
      const excludedHostIds = [...(request.excludedHostIds ?? []), ...refused];
      const explanation = await this.scheduler.explain({ ...request, excludedHostIds });
      const best = explanation.hosts.find(({ rejectedBy }) => rejectedBy === null);
      if (!best) break;
      const against = await this.against(run, spec, best.hostId);
      if (!against.length) return { hostId: best.hostId, explanation, refused };
      reasons.push(...against);
      refused.push(best.hostId);
    }
    if (reasons.length) throw new MoveRefusedError('host', [...new Set(reasons)]);
    return { refused };
  }

  /** A host that does not answer is passed over for the next one. */
  private async against(run: Run, spec: InstanceSpec, hostId: string): Promise<string[]> {
    const { context, input, signal } = run;
    const request = { instanceId: spec.id, kind: MigrationKind.MIGRATION_KIND_LIVE, spec };
    try {
      const agent = await this.hosts.agent(hostId);
      const seen = await agent.call('checkMigration', request, signal);
      const room = context.needs
        ? blocksCapacity(context.needs, agent.host.name, seen, input.overCommitDisk ?? false)
        : [];
      return [...seen.reasons, ...room];
    } catch (error) {
      if (error instanceof UnavailableError) return [error.message];
      throw error;
    }
  }
}
