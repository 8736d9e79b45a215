import { publicUrl } from '#apps/api/http/public-url';

export const identityUrl = () => `${publicUrl()}/identity/v3`;

export const links = (path: string) => ({ self: `${identityUrl()}/${path}` });

/** A list with Keystone's links; `next` is set where there is another page. */
export const listLinks = (path: string, next?: string) => ({
  self: `${identityUrl()}/${path}`,
  previous: null,
  next: next ?? null,
});
