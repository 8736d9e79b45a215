import type { PageRequest } from '#libs/database/paging';
import type { Asker } from '#libs/policy/credentials';

/** With a token scoped to a domain a list shows what is of the domain, whatever was asked for (Keystone). */
export function inDomain(asker: Asker, request: PageRequest, column = 'domain_id'): PageRequest {
  if (!asker.domainId) return request;
  return { ...request, filters: { ...request.filters, [column]: [asker.domainId] } };
}
