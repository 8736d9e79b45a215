import { boolean, limitOf, nextPage, pageOf, text } from '#apps/api/http/query/paging';
import type { FilterField } from '#apps/api/http/query/paging';
import { fitsConstants, many, requireKnown } from '#apps/api/http/query/query';
import type { Query } from '#apps/api/http/query/query';
import { publicUrl } from '#apps/api/http/public-url';
import type { PageRequest } from '#libs/database/paging';

/** Query fields by which a Neutron list is narrowed. */
export interface NeutronFilters {
  /** Of fields with a column of their own. */
  columns: Readonly<Record<string, FilterField>>;
  /** Of fields with the same value in every item (null: none): asked for another value, there are no items. */
  constants?: Readonly<Record<string, string | boolean | null>>;
  /** Fields that the controller itself looks at. */
  others?: readonly string[];
}

/** Those of every resource. Tags are not kept: no item has any. */
const common: NeutronFilters = {
  columns: {
    id: text('id'),
    name: text('name'),
    description: text('description'),
    project_id: text('project_id'),
    tenant_id: text('project_id'),
  },
  constants: { tags: null, 'tags-any': null, revision_number: '1' },
  others: ['not-tags', 'not-tags-any', 'fields', 'limit', 'marker', 'page_reverse', 'sort_key', 'sort_dir'],
};

/** Of the resources that can be taken down. */
export const adminState = boolean('admin_state_up');

/**
 * What is asked of a list; null where nothing can match. Neutron API: extension `filter-validation`, a field that is no
 * filter is refused, and `limit=0` sets no limit. Throws InputError.
 */
export function neutronPage(query: Query, filters: NeutronFilters): (PageRequest & { limit: number }) | null {
  const columns = { ...common.columns, ...filters.columns };
  const constants = { ...common.constants, ...filters.constants };
  requireKnown(query, [...Object.keys({ ...columns, ...constants }), ...common.others!, ...(filters.others ?? [])]);
  const page = pageOf(query, columns, 'all');
  return fitsConstants(query, constants) ? page : null;
}

/** The list's body; with links where the client pages. */
export function neutronList<T extends { id: string }>(name: string, query: Query, items: T[]) {
  const limit = limitOf(query, 'all');
  const paged = query.limit !== undefined && query.limit !== '0';
  const url = `${publicUrl()}/networking/v2.0/${name.replaceAll('_', '-')}`;
  const next = paged ? nextPage(url, query, items, limit) : undefined;
  const fields = many(query, 'fields');
  const shown = fields.length
    ? items.map((item) => Object.fromEntries(Object.entries(item).filter(([field]) => fields.includes(field))))
    : items;
  return { [name]: shown, ...(next ? { [`${name}_links`]: [{ rel: 'next', href: next }] } : {}) };
}
