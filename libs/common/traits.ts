const PREFIX = 'CUSTOM_LXSTACK_';

/** A capability of hosts as a trait of Placement has to be called: `disk-limit` is CUSTOM_LXSTACK_DISK_LIMIT. */
export const traitOf = (capability: string): string => PREFIX + capability.toUpperCase().replace(/[^A-Z0-9]/g, '_');

/** The capability that a trait is called after; undefined where it is none of ours. */
export function capabilityOfTrait(trait: string): string | undefined {
  if (!trait.startsWith(PREFIX) || trait === PREFIX) return undefined;
  return trait.slice(PREFIX.length).toLowerCase().replaceAll('_', '-');
}
