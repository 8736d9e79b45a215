import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { NotFoundError } from '#libs/common/errors';
import { MarkerNotFoundError } from '#libs/database/keyset';
import type { Operation, OperationStep } from '#libs/operations/operation.entity';
import { Operations } from '#libs/operations/operations.service';
import { allows } from '#libs/policy/policy';
import { INSTANCE } from '../actions/instance-operations.js';
import { instanceTarget } from '../instance-target.js';
import { requireInstance } from '../known-instance.js';
import type { Looking } from '../known-instance.js';

export interface HistoryPage {
  /** The request id of the action after which the page begins (newest first). */
  marker?: string;
  changesSince?: Date;
  changesBefore?: Date;
  /** At most 1000. */
  limit: number;
}

/** One action with its events and what of them may be shown. */
export interface InstanceActionView {
  operation: Operation;
  /** Null where who asks may see none. */
  steps: OperationStep[] | null;
  /** Tracebacks and hosts. */
  traceback: boolean;
  /** Why an event failed, in the words of the host. */
  details: boolean;
}

/** Nova: instance actions: what was done to an instance, read from its operations. Throws as `requireInstance`. */
@Injectable()
export class InstanceHistory {
  constructor(
    private readonly database: DataSource,
    private readonly operations: Operations,
  ) {}

  /** Throws MarkerNotFoundError. */
  async list(caller: Caller, id: string, page: HistoryPage, looking: Looking): Promise<Operation[]> {
    await requireInstance(this.database.manager, caller, id, 'os_compute_api:os-instance-actions:list', looking);
    const { changesSince: changedSince, changesBefore: changedBefore, limit } = page;
    const marker = page.marker === undefined ? undefined : await this.markerOf(id, page.marker);
    return this.operations.list({ resourceType: INSTANCE, resourceId: id, marker, changedSince, changedBefore, limit });
  }

  /** `eventsForAll` (Nova: from 2.51 on): whoever sees the action sees its events. */
  async show(
    caller: Caller,
    id: string,
    requestId: string,
    { eventsForAll, ...looking }: Looking & { eventsForAll: boolean },
  ): Promise<InstanceActionView> {
    const { manager } = this.database;
    const instance = await requireInstance(manager, caller, id, 'os_compute_api:os-instance-actions:show', looking);
    const target = instanceTarget(instance);
    const traceback = allows(caller, 'os_compute_api:os-instance-actions:events', target);
    const details = allows(caller, 'os_compute_api:os-instance-actions:events:details', target);
    const operation = await this.byRequest(id, requestId);
    const steps = traceback || eventsForAll ? await this.operations.steps(operation.id) : null;
    return { operation, steps, traceback, details };
  }

  /** The id of the operation that a client names by its request's. Throws MarkerNotFoundError. */
  private async markerOf(instanceId: string, requestId: string): Promise<string> {
    const found = await this.operations.list({ resourceType: INSTANCE, resourceId: instanceId, requestId, limit: 1 });
    if (!found.length) throw new MarkerNotFoundError('Action', requestId);
    return found[0]!.id;
  }

  private async byRequest(instanceId: string, requestId: string): Promise<Operation> {
    const [found] = await this.operations.list({ resourceType: INSTANCE, resourceId: instanceId, requestId, limit: 1 });
    if (!found) throw new NotFoundError(`Action for request_id ${requestId} on instance`, instanceId);
    return found;
  }
}
