import { Injectable } from '@nestjs/common';
import type { Caller } from '#libs/common/caller';
import { NotFoundError } from '#libs/common/errors';
import { allows, ownOf, requireAllowed } from '#libs/policy/policy';
import type { Operation, OperationFailure, OperationStep } from './operation.entity.js';
import { Operations } from './operations.service.js';
import type { OperationFilter } from './operations.service.js';
import { publicFailure, readsFailures } from './public-failure.js';

/** `whole`: who asks also sees which worker has it; else its failure is told in words for everybody. */
export interface OperationView {
  operation: Operation;
  failure: OperationFailure | null;
  whole: boolean;
}

/** Operations as those may read them who asked for them: the project's own, or all where the policy says so. */
@Injectable()
export class OperationLog {
  constructor(private readonly operations: Operations) {}

  /** Newest first, one page. Throws PolicyDeniedError, NotFoundError for a marker that the caller may not see. */
  async list(caller: Caller, filter: OperationFilter): Promise<OperationView[]> {
    requireAllowed(caller, 'fleet:operations:list', ownOf(caller));
    const all = allows(caller, 'fleet:operations:all_projects', ownOf(caller));
    const projectId = all ? filter.projectId : caller.projectId;
    return (await this.operations.list({ ...filter, projectId })).map((operation) => viewOf(caller, operation));
  }

  /** With its steps. Throws NotFoundError also for one that the caller may not see. */
  async get(caller: Caller, id: string): Promise<OperationView & { steps: OperationStep[] }> {
    const operation = await this.operations.get(id);
    if (!allows(caller, 'fleet:operations:list', targetOf(operation))) throw new NotFoundError('Operation', id);
    return { ...viewOf(caller, operation), steps: await this.operations.steps(id) };
  }
}

const targetOf = ({ projectId, userId }: Operation) => ({ project_id: projectId, user_id: userId });

function viewOf(caller: Caller, operation: Operation): OperationView {
  const whole = readsFailures(caller, targetOf(operation));
  const { failure } = operation;
  return { operation, whole, failure: failure && (whole ? failure : publicly(failure)) };
}

function publicly({ step, type, message }: OperationFailure): OperationFailure {
  return { step, type, message: publicFailure({ type, message }) };
}
