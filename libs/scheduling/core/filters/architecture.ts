import type { Filter } from '../filter.js';

/** The image's architecture (Nova: ImagePropertiesFilter). A host that has published none passes. */
export const architecture: Filter = {
  name: 'architecture',
  always: true,
  reject: (fleet, host, query) => {
    const own = fleet.architectures[host];
    return query.architecture === null || own === '' || own === query.architecture
      ? null
      : `it is ${own}, the image is ${query.architecture}`;
  },
};
