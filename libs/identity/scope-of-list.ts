import type { PageRequest } from '#libs/database/paging';
import type { Asker } from '#libs/policy/credentials';

/**
 * Keystone: with a token scoped to a domain, a list shows only what belongs to the domain, and of that what the request asks
 * for.
 */
export function inDomain(asker: Asker, request: PageRequest, column = 'domain_id'): PageRequest {
  if (!asker.domainId) return request;
  const own = asker.domainId;
  const asked = request.filters?.[column];
  return { ...request, filters: { ...request.filters, [column]: !asked || asked.includes(own) ? [own] : [] } };
}
