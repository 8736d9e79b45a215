import type { Filter } from '../filter.js';

const words: Readonly<Record<string, string>> = {
  privileged: 'run privileged instances',
  'disk-limit': 'keep instances to the disk of their flavor',
};

/** What a host without the capability cannot do, in words. */
export const inWords = (capability: string): string => words[capability] ?? capability;

/** The host's agent has shown that it can do what is needed, such as checkpoint and restore. */
export const capability: Filter = {
  name: 'capability',
  reject: (fleet, host, { capabilities }) => {
    const missing = capabilities.filter((name) => !fleet.capabilities[host].has(name));
    return missing.length ? `it cannot ${missing.map(inWords).join(', ')}` : null;
  },
};
