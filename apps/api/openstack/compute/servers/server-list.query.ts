import { ForbiddenError } from '#libs/common/errors';
import { instanceSortKeys } from '#libs/compute/instances/read/instance-query';
import type { InstanceFilter, InstancePage, InstanceSortKey } from '#libs/compute/instances/read/instance-query';
import type { PowerState, TaskState, VmState } from '#libs/compute/instances/instance.entity';
import { BodyError } from '../http/body.js';
import type { ComputeRequest } from '../http/compute-request.js';
import { flag, integer, limitOf, many, one } from '../http/paging.js';
import { parseTime } from '../http/times.js';
import { statesOf } from './server-status.js';

/** Nova API: the query of GET /servers and /servers/detail. Unknown fields are passed over, as Nova does. */
export function filterOf(request: ComputeRequest): InstanceFilter {
  const { query, caller, version } = request;
  const text = (field: string) => one(query, field);
  const time = (field: string) => (text(field) === undefined ? undefined : parseTime(field, text(field)!));
  const list = (field: string) => (version >= 26 ? text(field)?.split(',') : undefined);
  const states = many(query, 'status').flatMap(statesOf);
  const filter: InstanceFilter = {
    projectId: projectOf(request),
    name: text('name'),
    ids: text('uuid') === undefined ? undefined : many(query, 'uuid'),
    ip: text('ip'),
    ip6: caller.isAdmin || version >= 5 ? text('ip6') : undefined,
    flavorId: text('flavor'),
    imageId: text('image'),
    states: many(query, 'status').length ? states : undefined,
    tags: list('tags'),
    tagsAny: list('tags-any'),
    notTags: list('not-tags'),
    notTagsAny: list('not-tags-any'),
    changesSince: time('changes-since'),
    changesBefore: version >= 66 ? time('changes-before') : undefined,
  };
  if (filter.changesSince && filter.changesBefore && filter.changesSince > filter.changesBefore)
    throw new BodyError(
      'changes-since',
      text('changes-since'),
      'The value of changes-since must be less than or equal to changes-before.',
    );
  // Nova: these were admins' filters up to 2.82.
  if (!caller.isAdmin && version < 83) return filter;
  return {
    ...filter,
    availabilityZone: text('availability_zone'),
    keyName: text('key_name'),
    vmState: text('vm_state') as VmState | undefined,
    taskState: text('task_state') as TaskState | undefined,
    powerState: integer(query, 'power_state') as PowerState | undefined,
    description: text('description'),
    hostname: text('hostname'),
    ...(caller.isAdmin && {
      userId: text('user_id'),
      hostName: text('host') ?? text('node') ?? text('compute_host'),
      deleted: text('deleted') === undefined ? undefined : flag(query, 'deleted'),
    }),
  };
}

/** The project whose servers are listed; null for all. Throws ForbiddenError where all_tenants is not the caller's to ask. */
function projectOf({ query, caller }: ComputeRequest): string | null {
  const named = one(query, 'project_id') ?? one(query, 'tenant_id');
  const all = query.all_tenants !== undefined && flag(query, 'all_tenants');
  if (all && !caller.isAdmin)
    throw new ForbiddenError("Policy doesn't allow os_compute_api:servers:index:get_all_tenants to be performed.");
  if (!all) return caller.projectId;
  return named ?? null;
}

/** Throws BodyError, and ForbiddenError where a member would learn who shares a host. */
export function pageOf({ query, isAdmin }: ComputeRequest): InstancePage {
  const directions = many(query, 'sort_dir');
  const sort = many(query, 'sort_key').map((key, n) => {
    if (!isAdmin && (key === 'host' || key === 'node'))
      throw new ForbiddenError('Only administrators can sort servers by host, node');
    if (!Object.hasOwn(instanceSortKeys, key))
      throw new BodyError('sort_key', key, `one of ${Object.keys(instanceSortKeys).join(', ')} is expected`);
    return { key: key as InstanceSortKey, direction: directionOf(directions[n] ?? directions[0]) };
  });
  return {
    sort: sort.length ? sort : [{ key: 'created_at', direction: directionOf(directions[0]) }],
    marker: one(query, 'marker'),
    limit: limitOf(query),
  };
}

export function directionOf(text: string | undefined, usual: 'asc' | 'desc' = 'desc'): 'asc' | 'desc' {
  const direction = text ?? usual;
  if (direction !== 'asc' && direction !== 'desc') throw new BodyError('sort_dir', text, 'asc or desc is expected');
  return direction;
}
