import { publicUrl } from '#apps/api/http/public-url';

/** The public URL of this face. */
export const identityUrl = () => `${publicUrl()}/identity/v3`;

/** Keystone's links of one resource. */
export const links = (path: string) => ({ self: `${identityUrl()}/${path}` });

/** Keystone's links of a list; `next` is set where there is another page. */
export const listLinks = (path: string, next?: string) => ({
  self: `${identityUrl()}/${path}`,
  previous: null,
  next: next ?? null,
});
