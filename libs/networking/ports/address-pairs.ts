import { InvalidInputError } from '#libs/common/errors';
import { PairsWithoutPortSecurityError } from '../security-groups/security-groups.errors.js';
import { parseAddress, parseCidr, renderAddress, renderCidr } from '../subnets/cidr.js';
import { requireUnicastMac } from './mac-address.js';
import type { AddressPair, Port } from './port.entity.js';

/** Neutron: max_allowed_address_pair. */
const MOST = 10;

/**
 * The pairs in canonical form. Throws InvalidInputError for what is no address, for one that comes twice and for more than
 * MOST, and PairsWithoutPortSecurityError.
 */
export function checkedPairs(
  port: Pick<Port, 'portSecurityEnabled' | 'macAddress'>,
  wanted: readonly AddressPair[],
): AddressPair[] {
  if (wanted.length && !port.portSecurityEnabled) throw new PairsWithoutPortSecurityError();
  if (wanted.length > MOST) throw new InvalidInputError('allowed_address_pairs', `${MOST} pairs at most`);
  const pairs = wanted.map(checkedPair);
  const seen = new Set<string>();
  for (const { mac_address = port.macAddress, ip_address } of pairs) {
    const key = `${mac_address} ${ip_address}`;
    if (seen.has(key)) throw new InvalidInputError('allowed_address_pairs', `each pair once, not ${key} twice`);
    seen.add(key);
  }
  return pairs;
}

function checkedPair({ mac_address, ip_address }: AddressPair): AddressPair {
  const mac = mac_address && requireUnicastMac('allowed_address_pairs', mac_address);
  return { ...(mac ? { mac_address: mac } : {}), ip_address: addressesOf(ip_address) };
}

function addressesOf(text: string): string {
  if (text.includes('/')) return renderCidr(parseCidr('allowed_address_pairs', text, 0));
  const { version, value } = parseAddress('allowed_address_pairs', text);
  return renderAddress(version, value);
}
