import { allows } from '#libs/policy/policy';
import type { SelectQueryBuilder } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { page } from '#libs/database/paging';
import type { PageRequest } from '#libs/database/paging';
import type { Image } from './image.entity.js';

/** How a time is compared (Glance API: comparison operators of created_at and updated_at). */
export type TimeOperator = 'gt' | 'gte' | 'lt' | 'lte' | 'eq' | 'neq';

export interface TimeFilter {
  column: 'created_at' | 'updated_at';
  operator: TimeOperator;
  at: Date;
}

/** What a list of images is narrowed by; every field given must hold. */
export interface ImageListRequest extends PageRequest {
  /** The image has all of these tags. */
  tags?: string[];
  /** Values of properties; an image without the property does not match. */
  properties?: Record<string, string>;
  times?: TimeFilter[];
  /** Bytes. An image without data does not match. */
  sizeMin?: number;
  sizeMax?: number;
}

const columns = {
  id: 'x.id',
  name: `coalesce(x.name, '')`,
  status: 'x.status',
  visibility: 'x.visibility',
  owner: 'x.project_id',
  size: 'coalesce(x.size, 0)',
  min_disk: 'x.min_disk',
  min_ram: 'x.min_ram',
  disk_format: `coalesce(x.disk_format, '')`,
  container_format: `coalesce(x.container_format, '')`,
  created_at: 'x.created_at',
  updated_at: 'x.updated_at',
  checksum: `coalesce(x.checksum, '')`,
  sha256: `coalesce(x.sha256, '')`,
  sha512: `coalesce(x.sha512, '')`,
  protected: 'x.protected',
  hidden: 'x.hidden',
};

const operators: Readonly<Record<TimeOperator, string>> = {
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
  eq: '=',
  neq: '<>',
};

type Query = SelectQueryBuilder<Image>;

/**
 * Reads one page of a query whose alias is `x`, of what the caller may see: public images and those of the project;
 * community and hidden images only where the request asks for them. Throws MarkerNotFoundError.
 */
export function listImages(query: Query, caller: Caller, request: ImageListRequest): Promise<Image[]> {
  const { projectId } = caller;
  query.where(`x.status <> 'deleted'`);
  const open = request.filters?.visibility?.includes('community') ? `'public', 'community'` : `'public'`;
  const all = allows(caller, 'get_images:all_projects');
  const visible = all ? undefined : `(x.visibility IN (${open}) OR x.project_id = :projectId)`;
  query.setParameter('projectId', projectId);
  if (!request.filters?.hidden) query.andWhere('NOT x.hidden');
  const { tags, properties, sizeMin, sizeMax } = request;
  if (tags?.length) query.andWhere('x.tags @> :tags', { tags });
  if (properties && Object.keys(properties).length)
    query.andWhere('x.properties @> CAST(:properties AS jsonb)', { properties: JSON.stringify(properties) });
  if (sizeMin !== undefined) query.andWhere('x.size >= :sizeMin', { sizeMin });
  if (sizeMax !== undefined) query.andWhere('x.size <= :sizeMax', { sizeMax });
  // Clients know times as they are shown, in whole seconds.
  request.times?.forEach(({ column, operator, at }, n) =>
    query.andWhere(`date_trunc('second', x.${column}) ${operators[operator]} :time${n}`, { [`time${n}`]: at }),
  );
  const sort = request.sort?.length ? request.sort : [{ key: 'created_at', direction: 'desc' as const }];
  return page('Image', query, columns, { ...request, sort }, visible);
}
