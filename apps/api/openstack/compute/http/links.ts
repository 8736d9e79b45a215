import { nextPage } from '#apps/api/http/query/paging';
import type { Query } from '#apps/api/http/query/query';

/** A link in Nova's answers: `self` with the version in its path, `bookmark` without. */
export interface Link {
  rel: string;
  href: string;
}

const unversioned = (base: string): string => base.replace(/\/v2\.1$/, '');

/** Nova's two links to a path below `base`. */
export function links(base: string, path: string): Link[] {
  return [
    { rel: 'self', href: `${base}/${path}` },
    { rel: 'bookmark', href: `${unversioned(base)}/${path}` },
  ];
}

/** Links to a server. */
export const serverLinks = (base: string, id: string): Link[] => links(base, `servers/${id}`);
/** Links to a flavor. */
export const flavorLinks = (base: string, id: string): Link[] => links(base, `flavors/${encodeURIComponent(id)}`);

/** The bookmark of a flavor. */
export const flavorBookmark = (base: string, id: string): Link => flavorLinks(base, id)[1]!;
/** The bookmark of an image. */
export const imageBookmark = (base: string, id: string): Link => links(base, `images/${id}`)[1]!;

/** Link to the next page where the page of `limit` items is full; else no link. */
export function nextLinks(url: string, query: Query, page: { id: string | number }[], limit: number): Link[] {
  const href = nextPage(url, query, page, limit);
  return href === undefined ? [] : [{ rel: 'next', href }];
}
