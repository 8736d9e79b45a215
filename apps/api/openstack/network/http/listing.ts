import { boolean, integer, limitOf, linkBehind, pageOf, text } from '#apps/api/http/query/paging';
import type { ListFilters } from '#apps/api/http/query/paging';
import { fitsConstants, flag, many, requireKnown } from '#apps/api/http/query/query';
import type { Query } from '#apps/api/http/query/query';
import { pageOfItems } from '#apps/api/http/query/items';
import type { Item } from '#apps/api/http/query/items';
import { publicUrl } from '#apps/api/http/public-url';
import type { ListFilter, PageRequest } from '#libs/database/paging';

/** The query fields that narrow a Neutron list. */
export interface NeutronFilters extends ListFilters {
  /** Fields that the controller reads itself. */
  others?: readonly string[];
  /** Whether the resource has the standard attributes: tags and a revision number, kept in its table. */
  standard?: true;
}

/** Fields of every resource. */
const common: NeutronFilters = {
  columns: {
    id: text('id'),
    name: text('name'),
    description: text('description'),
    project_id: text('project_id'),
    tenant_id: text('project_id'),
  },
  others: ['not-tags', 'not-tags-any', 'fields', 'limit', 'marker', 'page_reverse', 'sort_key', 'sort_dir'],
};

const standard = { columns: { revision_number: integer('revision_number') }, others: ['tags', 'tags-any'] };

/** Where no tags are kept, no item has one and `not-tags` matches every item. */
const untagged = { constants: { tags: null, 'tags-any': null, revision_number: '1' } };

/** The filter by admin_state_up, for resources that have it. */
export const adminState = boolean('admin_state_up');

/**
 * The page that a query asks for; null where no item can match. Neutron API: with the extension `filter-validation` an
 * unknown field is refused; `limit=0` means no limit. Throws InputError.
 */
export function neutronPage(query: Query, filters: NeutronFilters): (PageRequest & { limit: number }) | null {
  const kept: Partial<NeutronFilters> = filters.standard ? standard : untagged;
  const columns = { ...common.columns, ...kept.columns, ...filters.columns };
  const constants = { ...kept.constants, ...filters.constants };
  const others = [common, kept, filters].flatMap((one) => one.others ?? []);
  requireKnown(query, [...Object.keys({ ...columns, ...constants }), ...others]);
  const { sort = [], ...page } = pageOf(query, columns, 'all');
  // What is the same for every item orders nothing.
  const ordering = sort.filter(({ key }) => !Object.hasOwn(constants, key));
  if (!fitsConstants(query, constants)) return null;
  const lists = filters.standard ? tagFilters(query) : [];
  return { ...page, lists, sort: ordering, reverse: flag(query, 'page_reverse') };
}

/** Neutron API: `tags=a,b` (both), `tags-any` (either), `not-tags` (not both), `not-tags-any` (neither). */
function tagFilters(query: Query): ListFilter[] {
  const filter = (field: string, how: ListFilter['how'], not: boolean): ListFilter[] => {
    const values = many(query, field).flatMap((text) => text.split(','));
    return values.length ? [{ column: 'tags', how, not, values }] : [];
  };
  return [
    ...filter('tags', 'all', false),
    ...filter('tags-any', 'any', false),
    ...filter('not-tags', 'all', true),
    ...filter('not-tags-any', 'any', true),
  ];
}

/** The same of what is kept in no table. Throws InputError, MarkerNotFoundError. */
export function neutronItems<T extends Item>(
  resource: string,
  query: Query,
  filters: NeutronFilters,
  items: readonly T[],
): T[] {
  const page = neutronPage(query, filters);
  return page ? pageOfItems(resource, items, page) : [];
}

/** Neutron API: the body of a list, with links where the client pages. */
export function neutronList<T extends { id: string }>(name: string, query: Query, items: T[]) {
  const limit = limitOf(query, 'all');
  const paged = query.limit !== undefined && query.limit !== '0';
  const url = `${publicUrl()}/networking/v2.0/${name.replaceAll('_', '-')}`;
  const reverse = flag(query, 'page_reverse');
  const isFull = paged && items.length > 0 && items.length === limit;
  const behind = paged && items.length > 0 && (isFull || reverse);
  const links = [
    ...(behind ? [linkTo('next', url, query, items.at(-1)!.id)] : []),
    ...(reverse && isFull ? [linkTo('previous', url, query, items[0]!.id)] : []),
  ];
  const fields = many(query, 'fields');
  const shown = fields.length
    ? items.map((item) => Object.fromEntries(Object.entries(item).filter(([field]) => fields.includes(field))))
    : items;
  return { [name]: shown, ...(links.length ? { [`${name}_links`]: links } : {}) };
}

function linkTo(rel: 'next' | 'previous', url: string, query: Query, marker: string) {
  const rest = Object.fromEntries(Object.entries(query).filter(([field]) => field !== 'page_reverse'));
  const direction = rel === 'previous' ? '&page_reverse=True' : '';
  return { rel, href: `${linkBehind(url, rest, marker)}${direction}` };
}
