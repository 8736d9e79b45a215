import { highest, lowest, renderMicroversion } from '../http/microversion.js';

/** Nova API: the version document; `base` is `https://…/compute/v2.1`. */
export function renderVersion(base: string) {
  return {
    id: 'v2.1',
    status: 'CURRENT',
    version: renderMicroversion(highest),
    min_version: renderMicroversion(lowest),
    updated: '2013-07-23T11:33:21Z',
    links: [{ rel: 'self', href: `${base}/` }],
  };
}

/** As `renderVersion`, with the media types that only the version's own URL shows. */
export function renderVersionDetail(base: string) {
  const version = renderVersion(base);
  const describedBy = { rel: 'describedby', type: 'text/html', href: 'http://docs.openstack.org/' };
  const mediaType = { base: 'application/json', type: 'application/vnd.openstack.compute+json;version=2.1' };
  return { ...version, links: [...version.links, describedBy], 'media-types': [mediaType] };
}
