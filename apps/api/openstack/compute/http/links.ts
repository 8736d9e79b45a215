import { nextPage } from '#apps/api/http/query/paging';
import type { Query } from '#apps/api/http/query/query';

/** Nova's links: `self` under the versioned end point, `bookmark` without the version. */
export interface Link {
  rel: string;
  href: string;
}

const unversioned = (base: string): string => base.replace(/\/v2\.1$/, '');

export function links(base: string, path: string): Link[] {
  return [
    { rel: 'self', href: `${base}/${path}` },
    { rel: 'bookmark', href: `${unversioned(base)}/${path}` },
  ];
}

export const serverLinks = (base: string, id: string): Link[] => links(base, `servers/${id}`);
export const flavorLinks = (base: string, id: string): Link[] => links(base, `flavors/${encodeURIComponent(id)}`);

export const flavorBookmark = (base: string, id: string): Link => flavorLinks(base, id)[1]!;
export const imageBookmark = (base: string, id: string): Link => links(base, `images/${id}`)[1]!;

/** `next`, where the page of `limit` items is full; none elsewhere. */
export function nextLinks(url: string, query: Query, page: { id: string | number }[], limit: number): Link[] {
  const href = nextPage(url, query, page, limit);
  return href === undefined ? [] : [{ rel: 'next', href }];
}
