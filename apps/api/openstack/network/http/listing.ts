import { many, nextPage, pageOf } from '#apps/api/http/list-query';
import type { Query } from '#apps/api/http/list-query';
import { publicUrl } from '#apps/api/http/public-url';

/** Query fields every Neutron resource is filtered by, and the column's name in the service. */
const commonFilters = {
  id: 'id',
  name: 'name',
  project_id: 'project_id',
  tenant_id: 'project_id',
  admin_state_up: 'admin_state_up',
};

export function neutronPage(query: Query, filters: Record<string, string>) {
  return pageOf(query, { ...commonFilters, ...filters });
}

/** The list's body; with links where the client pages. */
export function neutronList<T extends { id: string }>(name: string, query: Query, items: T[]) {
  const next =
    query.limit === undefined
      ? undefined
      : nextPage(`${publicUrl()}/networking/v2.0/${name.replaceAll('_', '-')}`, query, items);
  const fields = many(query, 'fields');
  const shown = fields.length
    ? items.map((item) => Object.fromEntries(Object.entries(item).filter(([field]) => fields.includes(field))))
    : items;
  return { [name]: shown, ...(next ? { [`${name}_links`]: [{ rel: 'next', href: next }] } : {}) };
}
