import type { SelectQueryBuilder } from 'typeorm';
import { UUID } from '#libs/common/names';
import { readPage } from '#libs/database/keyset';
import type { Marker, OrderKey } from '#libs/database/keyset';
import type { Instance, PowerState, TaskState, VmState } from '../instance.entity.js';

/** What a list of instances may be narrowed by; every field given must hold. */
export interface InstanceFilter {
  /** Null: instances of all projects. */
  projectId: string | null;
  userId?: string;
  ids?: string[];
  /** Regular expression on the name, as in Nova. */
  name?: string;
  /** Regular expressions on the fixed addresses. */
  ip?: string;
  ip6?: string;
  hostName?: string;
  flavorId?: string;
  imageId?: string;
  /** The instance stands in any of these states; an empty list matches nothing. */
  states?: { vmState: VmState; taskState?: TaskState[]; notTaskState?: TaskState[] }[];
  vmState?: VmState;
  taskState?: TaskState;
  powerState?: PowerState;
  availabilityZone?: string;
  keyName?: string;
  configDrive?: boolean;
  description?: string;
  hostname?: string;
  tags?: string[];
  tagsAny?: string[];
  notTags?: string[];
  notTagsAny?: string[];
  /**
   * True: only deleted ones; false: only those that are not; absent: not deleted ones, or both with `changesSince`.
   */
  deleted?: boolean;
  changesSince?: Date;
  changesBefore?: Date;
}

/** Columns of Nova's sort keys. Those that may be null are compared as what is before all others. */
export const instanceSortKeys = {
  created_at: 'i.created_at',
  updated_at: 'i.updated_at',
  launched_at: `coalesce(i.launched_at, '-infinity')`,
  display_name: 'i.name',
  display_description: `coalesce(i.description, '')`,
  uuid: 'i.id',
  hostname: 'i.hostname',
  terminated_at: `coalesce(i.deleted_at, '-infinity')`,
  host: `coalesce(i.host_id, '00000000-0000-0000-0000-000000000000')`,
  node: `coalesce(i.host_id, '00000000-0000-0000-0000-000000000000')`,
  instance_type_id: `coalesce(i.flavor->>'id', '')`,
  image_ref: `coalesce(i.image_id, '00000000-0000-0000-0000-000000000000')`,
  key_name: `coalesce(i.key_name, '')`,
  config_drive: 'i.config_drive',
  vm_state: 'i.vm_state',
  task_state: `coalesce(i.task_state, '')`,
  power_state: 'i.power_state',
  project_id: 'i.project_id',
  user_id: 'i.user_id',
  availability_zone: `coalesce(i.availability_zone, '')`,
} as const;

export type InstanceSortKey = keyof typeof instanceSortKeys;

export interface InstancePage {
  sort: { key: InstanceSortKey; direction: 'asc' | 'desc' }[];
  /** Id of the instance after which the page begins. */
  marker?: string;
  /** At most 1000. */
  limit: number;
}

/** A list as it is asked for; what of it counts, the policy says. */
export interface InstanceSearch {
  filter: Omit<InstanceFilter, 'projectId'>;
  /** Filters of who may use all; from others they are passed over unread, as Nova does. */
  restricted: () => Omit<InstanceFilter, 'projectId'>;
  /** Of all projects, or of `projectId`; else of the caller's own. */
  allProjects: boolean;
  projectId?: string;
  page: InstancePage;
}

type Query = SelectQueryBuilder<Instance>;

/**
 * One page of a query whose alias is `i`. The marker is of the project that is listed, or a page would tell where another's
 * stands in the order. Throws MarkerNotFoundError.
 */
export function listInstances(query: Query, filter: InstanceFilter, page: InstancePage): Promise<Instance[]> {
  byColumns(query, filter);
  byStates(query, filter);
  byTags(query, filter);
  byAddresses(query, filter);
  byTime(query, filter);
  return readPage(query, orderOf(page), { marker: markerOf(page, filter), limit: page.limit });
}

function markerOf({ marker }: InstancePage, { projectId }: InstanceFilter): Marker | undefined {
  if (marker === undefined) return undefined;
  const row = projectId === null ? 'i.id = :marker' : 'i.id = :marker AND i.project_id = :projectOfMarker';
  const parameters = { marker, projectOfMarker: projectId };
  return { resource: 'Instance', id: marker, isUuid: true, row, parameters };
}

function byColumns(query: Query, filter: InstanceFilter): void {
  const equal: [string, unknown][] = [
    ['i.project_id', filter.projectId ?? undefined],
    ['i.user_id', filter.userId],
    [`i.flavor->>'id'`, filter.flavorId],
    ['i.vm_state', filter.vmState],
    ['i.task_state', filter.taskState],
    ['i.power_state', filter.powerState],
    ['i.availability_zone', filter.availabilityZone],
    ['i.key_name', filter.keyName],
    ['i.config_drive', filter.configDrive],
    ['i.description', filter.description],
    ['i.hostname', filter.hostname],
  ];
  equal.forEach(([column, value], n) => {
    if (value !== undefined) query.andWhere(`${column} = :equal${n}`, { [`equal${n}`]: value });
  });
  if (filter.imageId !== undefined && !UUID.test(filter.imageId)) query.andWhere('false');
  else if (filter.imageId !== undefined) query.andWhere('i.image_id = :imageId', { imageId: filter.imageId });
  if (filter.ids) query.andWhere('i.id = ANY(:ids)', { ids: filter.ids.filter((id) => UUID.test(id)) });
  if (filter.name !== undefined) query.andWhere('i.name ~ :name', { name: filter.name });
  if (filter.hostName !== undefined)
    query.andWhere('i.host_id = (SELECT h.id FROM hosts h WHERE h.name = :hostName)', { hostName: filter.hostName });
}

function byStates(query: Query, { states }: InstanceFilter): void {
  if (!states) return;
  const parts = states.map((state, n) => {
    const conditions = [`i.vm_state = :vm${n}`];
    query.setParameter(`vm${n}`, state.vmState);
    if (state.taskState) {
      conditions.push(`coalesce(i.task_state, '') = ANY(:task${n})`);
      query.setParameter(`task${n}`, state.taskState);
    }
    if (state.notTaskState) {
      conditions.push(`NOT coalesce(i.task_state, '') = ANY(:notTask${n})`);
      query.setParameter(`notTask${n}`, state.notTaskState);
    }
    return `(${conditions.join(' AND ')})`;
  });
  query.andWhere(parts.length ? `(${parts.join(' OR ')})` : 'false');
}

function byTags(query: Query, filter: InstanceFilter): void {
  if (filter.tags) query.andWhere('i.tags @> :tags', { tags: filter.tags });
  if (filter.tagsAny) query.andWhere('i.tags && :tagsAny', { tagsAny: filter.tagsAny });
  if (filter.notTags) query.andWhere('NOT i.tags @> :notTags', { notTags: filter.notTags });
  if (filter.notTagsAny) query.andWhere('NOT i.tags && :notTagsAny', { notTagsAny: filter.notTagsAny });
}

/** Compares regular expressions with the instance's fixed addresses. Index ports_of_instance. */
function byAddresses(query: Query, filter: InstanceFilter): void {
  for (const field of ['ip', 'ip6'] as const) {
    const value = filter[field];
    if (value === undefined) continue;
    query.andWhere(
      `EXISTS (SELECT 1 FROM ports p, jsonb_array_elements(p.fixed_ips) a
         WHERE p.instance_id = i.id AND a->>'ip_address' ~ :${field})`,
      { [field]: value },
    );
  }
}

function byTime(query: Query, filter: InstanceFilter): void {
  if (filter.changesSince) query.andWhere('i.updated_at >= :since', { since: filter.changesSince });
  if (filter.changesBefore) query.andWhere('i.updated_at <= :before', { before: filter.changesBefore });
  const deleted = filter.deleted ?? (filter.changesSince ? undefined : false);
  if (deleted !== undefined) query.andWhere(deleted ? 'i.deleted_at IS NOT NULL' : 'i.deleted_at IS NULL');
}

/** The sort keys asked for, then the id: the order of a page is never open. */
function orderOf({ sort }: InstancePage): OrderKey[] {
  const last = sort.at(-1)?.direction ?? 'desc';
  return [
    ...sort.map(({ key, direction }) => ({ sql: instanceSortKeys[key], direction })),
    { sql: 'i.id', direction: last },
  ];
}
