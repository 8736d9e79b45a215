import { capabilityOfTrait } from '#libs/common/traits';

/** Nova's extra spec `trait{group}:NAME`; a host is one provider, so that groups make no difference. */
export const TRAIT = /^trait(?:[a-zA-Z0-9_-]{1,64})?:(.+)$/;

/**
 * What a flavor's traits demand of every host: of a trait that is called after a capability the capability, of any other
 * the trait itself; with a `!` before it where the host must not have it.
 */
export function traitNeeds(extraSpecs: Readonly<Record<string, string>>): string[] {
  return Object.entries(extraSpecs).flatMap(([key, value]) => {
    const trait = TRAIT.exec(key)?.[1];
    if (!trait || (value !== 'required' && value !== 'forbidden')) return [];
    return `${value === 'forbidden' ? '!' : ''}${capabilityOfTrait(trait) ?? trait}`;
  });
}
