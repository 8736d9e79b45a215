import { InvalidInputError } from '#libs/common/errors';
import { bitsOf, parseCidr, renderCidr } from '../subnets/cidr.js';
import { requireUnicast } from '../subnets/refused-ranges.js';
import { compacted } from './prefix-space.js';
import type { SubnetPool } from './subnet-pool.entity.js';

/** Lengths of prefixes as a request names them. */
export interface PrefixBounds {
  defaultPrefix?: number;
  minPrefix?: number;
  maxPrefix?: number;
}

/** Neutron's default of min_prefixlen. */
const shortest = { 4: 8, 6: 64 } as const;

/** The prefixes in canonical form. Throws InvalidInputError for none, for both IP versions, and for what no subnet can be. */
export function poolPrefixes(texts: readonly string[]): Pick<SubnetPool, 'prefixes' | 'ipVersion'> {
  const found = texts.map((text) => parseCidr('prefixes', text));
  const [first] = found;
  if (!first) throw new InvalidInputError('prefixes', 'at least one prefix');
  if (found.some(({ version }) => version !== first.version))
    throw new InvalidInputError('prefixes', 'prefixes of one IP version');
  found.forEach((cidr) => requireUnicast(cidr));
  return { prefixes: compacted(found).map(renderCidr), ipVersion: first.version };
}

/** The bounds with their defaults. Throws InvalidInputError where they contradict each other. */
export function poolBounds(
  version: 4 | 6,
  { defaultPrefix, minPrefix, maxPrefix }: PrefixBounds,
): Required<PrefixBounds> {
  const most = maxPrefix ?? bitsOf(version);
  const least = minPrefix ?? shortest[version];
  const usual = defaultPrefix ?? least;
  if (most > bitsOf(version)) throw new InvalidInputError('max_prefixlen', `at most ${bitsOf(version)}`);
  if (least > most) throw new InvalidInputError('min_prefixlen', `at most max_prefixlen, which is ${most}`);
  if (usual < least || usual > most)
    throw new InvalidInputError('default_prefixlen', `from min_prefixlen ${least} to max_prefixlen ${most}`);
  return { defaultPrefix: usual, minPrefix: least, maxPrefix: most };
}
