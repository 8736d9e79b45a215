import type { Filter } from '../filter.js';

const words: Readonly<Record<string, string>> = {
  privileged: 'run privileged instances',
  'security-groups': 'filter ports by security groups',
  'disk-limit': 'keep instances to the disk of their flavor',
};

/**
 * What is wrong with a host that lacks a capability or a trait, or that has one which it must not have (`!NAME`), in
 * words that follow the host's name.
 */
export function inWords(need: string): string {
  if (need.startsWith('!')) return `has ${need.slice(1)}, which is forbidden`;
  return /^[A-Z]/.test(need) ? `does not have trait ${need}` : `cannot ${words[need] ?? need}`;
}

/** Whether what a host has (names of capabilities and traits) is as demanded. */
export const meets = (has: ReadonlySet<string>, need: string): boolean =>
  need.startsWith('!') ? !has.has(need.slice(1)) : has.has(need);

/** The host's agent has shown that it can do what is needed, such as checkpoint and restore; the host has the traits. */
export const capability: Filter = {
  name: 'capability',
  reject: (fleet, host, { capabilities, unmetOfCpu }) => {
    const here = capabilities.filter((need) => !meets(fleet.capabilities[host], need));
    const unmet = [...here, ...(unmetOfCpu?.get(fleet.ids[host]) ?? [])];
    return unmet.length ? `it ${unmet.map(inWords).join(', ')}` : null;
  },
};
