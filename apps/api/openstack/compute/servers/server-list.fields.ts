import { fitsConstants, many, requireKnown } from '#apps/api/http/query/query';
import type { Query } from '#apps/api/http/query/query';
import { InputError } from '#apps/api/http/input/input-error';
import type { Microversion } from '../http/microversion.js';

/** Nova API: the query fields of GET /servers and /servers/detail (schemas/servers.py) that this face uses. */
const looked = [
  ...['user_id', 'project_id', 'tenant_id', 'image_ref', 'image', 'hostname', 'key_name', 'power_state', 'vm_state'],
  'config_drive',
  ...['task_state', 'host', 'node', 'flavor', 'availability_zone', 'name', 'display_name', 'description'],
  ...['display_description', 'uuid', 'sort_key', 'sort_dir', 'all_tenants', 'deleted', 'status', 'changes-since', 'ip'],
  ...['ip6', 'limit', 'marker'],
];
const lookedSince: readonly (readonly [Microversion, readonly string[]])[] = [
  [26, ['tags', 'tags-any', 'not-tags', 'not-tags-any']],
  [66, ['changes-before']],
];

/**
 * Nova's filters by what is the same for every server here: where a query asks for another value, no server matches.
 */
const constants: Readonly<Record<string, string | boolean>> = {
  locked: false,
  soft_deleted: false,
  auto_disk_config: false,
  launch_index: '0',
  progress: '0',
  kernel_id: '',
  ramdisk_id: '',
  root_device_name: '',
  locked_by: '',
  access_ip_v4: '',
  access_ip_v6: '',
};

/** Nova's filters by values that no client can write down exactly: no server matches. */
const neverEqual = ['reservation_id', 'created_at', 'launched_at', 'terminated_at'];

/** Query fields that Nova refuses in every version: joined tables, and internal attributes. */
const internal =
  /^(_.*|block_device_mapping|services|metadata|system_metadata|info_cache|security_groups|pci_devices)$/;

/** From 2.75 on an unknown field is refused; before, it is ignored. Throws InputError. */
export function requireServerFields(query: Query, version: Microversion): void {
  const refused = Object.keys(query).find((field) => internal.test(field));
  if (refused !== undefined) throw new InputError(refused.slice(0, 100), '', 'servers are not filtered by this');
  if (version < 75) return;
  const since = lookedSince.flatMap(([first, fields]) => (version >= first ? fields : []));
  requireKnown(query, [...looked, ...since, ...Object.keys(constants), ...neverEqual]);
}

/** Whether the query asks for a value that no server here can have. */
export function asksForNothing(query: Query, version: Microversion): boolean {
  const asked = Object.entries(constants).filter(([field]) => field !== 'locked' || version >= 73);
  return neverEqual.some((field) => many(query, field).length) || !fitsConstants(query, Object.fromEntries(asked));
}
