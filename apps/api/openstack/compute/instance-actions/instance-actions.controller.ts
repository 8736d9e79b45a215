import { Get, Param } from '@nestjs/common';
import { NotFoundError } from '#libs/common/errors';
import { INSTANCE } from '#libs/compute/instances/actions/instance-operations';
import { Instances } from '#libs/compute/instances/instances';
import { Operations } from '#libs/operations/operations.service';
import { allows } from '#libs/policy/policy';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';
import type { Microversion } from '../http/microversion.js';
import { nextLinks } from '../http/links.js';
import { limitOf } from '#apps/api/http/query/paging';
import { one, requireKnown } from '#apps/api/http/query/query';
import { changesIn } from '../http/changes.js';
import { MarkerNotFoundError, MAX_PAGE } from '#libs/database/keyset';
import { renderInstanceAction, renderInstanceActionEvent } from './instance-action.renderer.js';

/** Nova API: /servers/{id}/os-instance-actions */
@ComputeController('servers/:id/os-instance-actions')
export class InstanceActionsController {
  constructor(
    private readonly instances: Instances,
    private readonly operations: Operations,
  ) {}

  @Get()
  async list(@Compute() request: ComputeRequest, @Param('id') id: string) {
    const { caller, version, query } = request;
    await this.instances.get(caller, id, { withDeleted: version >= 21 });
    if (version >= 58) requireKnown(query, knownFields(version));
    const limit = version >= 58 ? limitOf(query) : undefined;
    const after = version >= 58 ? one(query, 'marker') : undefined;
    const marker = after === undefined ? undefined : await this.markerOf(id, after);
    const times = version >= 58 ? changesIn(query, version) : {};
    const found = await this.operations.list({
      resourceType: INSTANCE,
      resourceId: id,
      marker,
      changedSince: times.changesSince,
      changedBefore: times.changesBefore,
      limit: limit ?? MAX_PAGE,
    });
    const pages = found.map(({ requestId }) => ({ id: requestId }));
    const links = limit === undefined ? [] : nextLinks(request.url, query, pages, limit);
    return { instanceActions: found.map((one) => renderInstanceAction(one, version)), ...(links.length && { links }) };
  }

  @Get(':requestId')
  async show(@Compute() request: ComputeRequest, @Param('id') id: string, @Param('requestId') requestId: string) {
    const { caller, version } = request;
    const shown = {
      version,
      traceback: allows(caller, 'os_compute_api:os-instance-actions:events'),
      details: allows(caller, 'os_compute_api:os-instance-actions:events:details'),
    };
    await this.instances.get(caller, id, { withDeleted: version >= 21 });
    const operation = await this.byRequest(id, requestId);
    const steps = shown.traceback || version >= 51 ? await this.operations.steps(operation.id) : null;
    const events = steps?.map((step) => renderInstanceActionEvent(step, shown));
    return { instanceAction: { ...renderInstanceAction(operation, version), ...(events && { events }) } };
  }

  /** The id of the operation that a client names by its request's. Throws MarkerNotFoundError. */
  private async markerOf(instanceId: string, requestId: string): Promise<string> {
    const found = await this.operations.list({ resourceType: INSTANCE, resourceId: instanceId, requestId, limit: 1 });
    if (!found.length) throw new MarkerNotFoundError('Action', requestId);
    return found[0]!.id;
  }

  private async byRequest(instanceId: string, requestId: string) {
    const [found] = await this.operations.list({ resourceType: INSTANCE, resourceId: instanceId, requestId, limit: 1 });
    if (!found) throw new NotFoundError(`Action for request_id ${requestId} on instance`, instanceId);
    return found;
  }
}

/** Nova API: schemas/instance_actions.py. */
function knownFields(version: Microversion): string[] {
  return ['limit', 'marker', 'changes-since', ...(version >= 66 ? ['changes-before'] : [])];
}
