import type { PageRequest } from '#libs/database/paging';
import type { Asker } from '#libs/policy/credentials';

/**
 * Keystone: with a token scoped to a domain, a list shows only what belongs to the domain, whatever the request says.
 */
export function inDomain(asker: Asker, request: PageRequest, column = 'domain_id'): PageRequest {
  if (!asker.domainId) return request;
  return { ...request, filters: { ...request.filters, [column]: [asker.domainId] } };
}
