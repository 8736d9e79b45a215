import { InvalidInputError } from '#libs/common/errors';
import { overlaps, parseCidr, renderCidr } from './cidr.js';
import type { Cidr } from './cidr.js';

/** Ranges in which no guest can be reached: IANA's special-purpose registries. */
const refused = [
  ['0.0.0.0/8', 'addresses of "this host"'],
  ['127.0.0.0/8', 'loopback addresses'],
  ['224.0.0.0/4', 'multicast addresses'],
  ['240.0.0.0/4', 'reserved addresses'],
  ['::/8', 'unspecified, loopback and IPv4-mapped addresses'],
  ['fe80::/10', 'link-local addresses'],
  ['ff00::/8', 'multicast addresses'],
].map(([cidr, what]) => ({ range: parseCidr('refused', cidr), what }));

/** Throws InvalidInputError for a CIDR from which guests cannot have addresses. */
export function requireUnicast(cidr: Cidr): void {
  const met = refused.find(({ range }) => overlaps(range, cidr));
  if (met)
    throw new InvalidInputError('cidr', `unicast addresses (${renderCidr(met.range)} is reserved for ${met.what})`);
}
