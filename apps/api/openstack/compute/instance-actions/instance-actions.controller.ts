import { Get, Param } from '@nestjs/common';
import { InstanceHistory } from '#libs/compute/instances/read/instance-history';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';
import type { Microversion } from '../http/microversion.js';
import { nextLinks } from '../http/links.js';
import { limitOf } from '#apps/api/http/query/paging';
import { one, requireKnown } from '#apps/api/http/query/query';
import { changesIn } from '../http/changes.js';
import { MAX_PAGE } from '#libs/database/keyset';
import { renderInstanceAction, renderInstanceActionEvent } from './instance-action.renderer.js';

/** Nova API: /servers/{id}/os-instance-actions */
@ComputeController('servers/:id/os-instance-actions')
export class InstanceActionsController {
  constructor(private readonly history: InstanceHistory) {}

  @Get()
  async list(@Compute() request: ComputeRequest, @Param('id') id: string) {
    const { caller, version, query } = request;
    if (version >= 58) requireKnown(query, knownFields(version));
    const limit = version >= 58 ? limitOf(query) : undefined;
    const page = {
      ...(version >= 58 && { marker: one(query, 'marker'), ...changesIn(query, version) }),
      limit: limit ?? MAX_PAGE,
    };
    const found = await this.history.list(caller, id, page, { withDeleted: version >= 21 });
    const pages = found.map(({ requestId }) => ({ id: requestId }));
    const links = limit === undefined ? [] : nextLinks(request.url, query, pages, limit);
    return { instanceActions: found.map((one) => renderInstanceAction(one, version)), ...(links.length && { links }) };
  }

  @Get(':requestId')
  async show(@Compute() request: ComputeRequest, @Param('id') id: string, @Param('requestId') requestId: string) {
    const { caller, version } = request;
    const looking = { withDeleted: version >= 21, eventsForAll: version >= 51 };
    const { operation, steps, ...shown } = await this.history.show(caller, id, requestId, looking);
    const events = steps?.map((step) => renderInstanceActionEvent(step, { version, ...shown }));
    return { instanceAction: { ...renderInstanceAction(operation, version), ...(events && { events }) } };
  }
}

/** Nova API: schemas/instance_actions.py. */
function knownFields(version: Microversion): string[] {
  return ['limit', 'marker', 'changes-since', ...(version >= 66 ? ['changes-before'] : [])];
}
