import { allows, requireAllowed } from '#libs/policy/policy';
import { instanceSortKeys } from '#libs/compute/instances/read/instance-query';
import type { InstanceFilter, InstancePage, InstanceSortKey } from '#libs/compute/instances/read/instance-query';
import type { PowerState, TaskState, VmState } from '#libs/compute/instances/instance.entity';
import { InputError } from '#apps/api/http/input/input-error';
import { directionOf, limitOf, sortOf } from '#apps/api/http/query/paging';
import { booleanIn, flag, integerIn, many, one } from '#apps/api/http/query/query';
import type { ComputeRequest } from '../http/compute-request.js';
import { changesIn } from '../http/changes.js';
import { asksForNothing, requireServerFields } from './server-list.fields.js';
import { statesOf } from './server-status.js';
import type { StatePattern } from './server-status.js';

/** Nova API: the query of GET /servers and /servers/detail. Throws InputError. */
export function filterOf(request: ComputeRequest): InstanceFilter {
  const { query, caller, version } = request;
  requireServerFields(query, version);
  const allFilters = allows(caller, 'os_compute_api:servers:allow_all_filters');
  const text = (field: string, alias?: string) => one(query, field) ?? (alias && one(query, alias));
  const list = (field: string) => (version >= 26 ? text(field)?.split(',') : undefined);
  const states = asksForNothing(query, version) ? [] : statesIn(request);
  const filter: InstanceFilter = {
    projectId: projectOf(request),
    name: text('name', 'display_name'),
    ids: text('uuid') === undefined ? undefined : many(query, 'uuid'),
    ip: text('ip'),
    ip6: allFilters || version >= 5 ? text('ip6') : undefined,
    flavorId: text('flavor'),
    imageId: text('image', 'image_ref'),
    states,
    tags: list('tags'),
    tagsAny: list('tags-any'),
    notTags: list('not-tags'),
    notTagsAny: list('not-tags-any'),
    ...changesIn(query, version),
  };
  // Nova: up to 2.82 only administrators could use the filters below.
  if (!allFilters && version < 83) return filter;
  return {
    ...filter,
    availabilityZone: text('availability_zone'),
    keyName: text('key_name'),
    configDrive: booleanIn(query, 'config_drive'),
    vmState: text('vm_state') as VmState | undefined,
    taskState: text('task_state') as TaskState | undefined,
    powerState: integerIn(query, 'power_state') as PowerState | undefined,
    description: text('description', 'display_description'),
    hostname: text('hostname'),
    ...(allFilters && {
      userId: text('user_id'),
      hostName: text('host') ?? text('node') ?? text('compute_host'),
      deleted: booleanIn(query, 'deleted'),
    }),
  };
}

/** Nova API: `status`. An unknown status is refused from 2.38 on; before, no server matches. Throws InputError. */
function statesIn({ query, version }: ComputeRequest): StatePattern[] | undefined {
  const asked = many(query, 'status');
  if (!asked.length) return undefined;
  const unknown = asked.find((status) => !statesOf(status).length);
  if (unknown !== undefined && version >= 38) throw new InputError('status', unknown, 'Invalid status value');
  return asked.flatMap(statesOf);
}

/**
 * The project whose servers are listed; null: all projects. Throws ForbiddenError where the caller may not use
 * all_tenants.
 */
function projectOf({ query, caller }: ComputeRequest): string | null {
  const named = one(query, 'project_id') ?? one(query, 'tenant_id');
  const all = flag(query, 'all_tenants');
  if (all) requireAllowed(caller, 'os_compute_api:servers:index:get_all_tenants');
  if (!all) return caller.projectId;
  return named ?? null;
}

/** Nova's sort keys by what is the same for every server here. */
const constantKeys = new Set(
  ['access_ip_v4', 'access_ip_v6', 'auto_disk_config', 'kernel_id', 'launch_index', 'locked_by'].concat([
    'progress',
    'ramdisk_id',
    'root_device_name',
    'locked',
  ]),
);

/**
 * Order, marker and limit. Throws InputError, and ForbiddenError where a sort by host would tell a member which servers
 * share one.
 */
export function pageOf({ query, caller }: ComputeRequest): InstancePage {
  if (many(query, 'sort_key').some((key) => key === 'host' || key === 'node'))
    requireAllowed(caller, 'os_compute_api:servers:allow_all_filters');
  const sort = sortOf(query, 'desc')
    .filter(({ key }) => !constantKeys.has(key))
    .map(({ key, direction }) => ({ key: sortKeyOf(key), direction }));
  const usual = { key: 'created_at', direction: directionOf(one(query, 'sort_dir'), 'desc') } as const;
  return { sort: sort.length ? sort : [usual], marker: one(query, 'marker'), limit: limitOf(query) };
}

function sortKeyOf(key: string): InstanceSortKey {
  if (!Object.hasOwn(instanceSortKeys, key))
    throw new InputError('sort_key', key, `one of ${Object.keys(instanceSortKeys).join(', ')} is expected`);
  return key as InstanceSortKey;
}
