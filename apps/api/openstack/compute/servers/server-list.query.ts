import { instanceSortKeys } from '#libs/compute/instances/read/instance-query';
import type { InstancePage, InstanceSearch, InstanceSortKey } from '#libs/compute/instances/read/instance-query';
import type { PowerState, TaskState, VmState } from '#libs/compute/instances/instance.entity';
import { InputError } from '#apps/api/http/input/input-error';
import { directionOf, limitOf, sortOf } from '#apps/api/http/query/paging';
import { booleanIn, flag, integerIn, many, one } from '#apps/api/http/query/query';
import type { ComputeRequest } from '../http/compute-request.js';
import { changesIn } from '../http/changes.js';
import { asksForNothing, requireServerFields } from './server-list.fields.js';
import { statesOf } from './server-status.js';
import type { StatePattern } from './server-status.js';

type Filter = InstanceSearch['filter'];

/** Nova API: the query of GET /servers and /servers/detail. Throws InputError. */
export function searchOf(request: ComputeRequest): InstanceSearch {
  const { query, version } = request;
  requireServerFields(query, version);
  return {
    // Nova: the newer ones are administrators' up to 2.82.
    filter: { ...filterOf(request), ...(version >= 83 && newerFilterOf(request)) },
    restricted: () => ({ ...newerFilterOf(request), ...restrictedFilterOf(request) }),
    allProjects: Boolean(flag(query, 'all_tenants')),
    projectId: one(query, 'project_id') ?? one(query, 'tenant_id'),
    page: pageOf(request),
  };
}

function filterOf(request: ComputeRequest): Filter {
  const { query, version } = request;
  const text = (field: string, alias?: string) => one(query, field) ?? (alias && one(query, alias));
  const list = (field: string) => (version >= 26 ? text(field)?.split(',') : undefined);
  const states = asksForNothing(query, version) ? [] : statesIn(request);
  return {
    name: text('name', 'display_name'),
    ids: text('uuid') === undefined ? undefined : many(query, 'uuid'),
    ip: text('ip'),
    ip6: version >= 5 ? text('ip6') : undefined,
    flavorId: text('flavor'),
    imageId: text('image', 'image_ref'),
    states,
    tags: list('tags'),
    tagsAny: list('tags-any'),
    notTags: list('not-tags'),
    notTagsAny: list('not-tags-any'),
    ...changesIn(query, version),
  };
}

function newerFilterOf({ query }: ComputeRequest): Filter {
  const text = (field: string, alias?: string) => one(query, field) ?? (alias && one(query, alias));
  return {
    availabilityZone: text('availability_zone'),
    keyName: text('key_name'),
    configDrive: booleanIn(query, 'config_drive'),
    vmState: text('vm_state') as VmState | undefined,
    taskState: text('task_state') as TaskState | undefined,
    powerState: integerIn(query, 'power_state') as PowerState | undefined,
    description: text('description', 'display_description'),
    hostname: text('hostname'),
  };
}

function restrictedFilterOf({ query }: ComputeRequest): Filter {
  return {
    ip6: one(query, 'ip6'),
    userId: one(query, 'user_id'),
    hostName: one(query, 'host') ?? one(query, 'node') ?? one(query, 'compute_host'),
    deleted: booleanIn(query, 'deleted'),
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
function pageOf({ query }: ComputeRequest): InstancePage {
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
