import ipaddr from 'ipaddr.js';
import { InvalidInputError } from '#libs/common/errors';

/**
 * A range of addresses. Addresses are integers, so that order and containment are comparisons; ipaddr.js parses and
 * prints them.
 */
export interface Cidr {
  version: 4 | 6;
  /** The network address. */
  base: bigint;
  prefix: number;
}

export interface Address {
  version: 4 | 6;
  value: bigint;
}

/** Accepts four decimal parts, or IPv6 without a zone. Throws InvalidInputError naming `field`. */
export function parseAddress(field: string, text: unknown): Address {
  if (!isAddress(text)) throw new InvalidInputError(field, `an IP address (got '${String(text)}')`);
  const bytes = ipaddr.parse(text).toByteArray();
  const value = bytes.reduce((sum, byte) => (sum << 8n) + BigInt(byte), 0n);
  return { version: bytes.length === 4 ? 4 : 6, value };
}

/** Clears the bits behind the prefix, as Neutron does. Throws InvalidInputError naming `field`. */
export function parseCidr(field: string, text: unknown, shortest = 1): Cidr {
  const [, address, length] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(String(text)) ?? [];
  const wrong = new InvalidInputError(field, `a CIDR such as 10.0.0.0/24 or fd00::/64 (got '${String(text)}')`);
  if (!isAddress(address)) throw wrong;
  const { version, value } = parseAddress(field, address);
  const prefix = Number(length);
  if (prefix < shortest || prefix > bitsOf(version)) throw wrong;
  const host = BigInt(bitsOf(version) - prefix);
  return { version, base: (value >> host) << host, prefix };
}

/** Bits of an address of this IP version. */
export const bitsOf = (version: 4 | 6): number => (version === 4 ? 32 : 128);

/** The last address of the range. */
export const lastOf = ({ version, base, prefix }: Cidr): bigint => base + (1n << BigInt(bitsOf(version) - prefix)) - 1n;

/** Whether the address, of this IP version, lies in the range. */
export const contains = (cidr: Cidr, version: 4 | 6, value: bigint): boolean =>
  cidr.version === version && value >= cidr.base && value <= lastOf(cidr);

/** Whether two ranges share an address. */
export const overlaps = (a: Cidr, b: Cidr): boolean =>
  a.version === b.version && a.base <= lastOf(b) && b.base <= lastOf(a);

/** In canonical form, such as 10.0.0.0/24. */
export const renderCidr = ({ version, base, prefix }: Cidr): string => `${renderAddress(version, base)}/${prefix}`;

/** Printed as RFC 5952 has it for IPv6. */
export function renderAddress(version: 4 | 6, value: bigint): string {
  const bytes = Array.from({ length: bitsOf(version) / 8 }, (_, n) => Number((value >> BigInt(n * 8)) & 255n));
  const address = ipaddr.fromByteArray(bytes.toReversed());
  return address.kind() === 'ipv4' ? address.toString() : (address as ipaddr.IPv6).toRFC5952String();
}

function isAddress(text: unknown): text is string {
  if (typeof text !== 'string') return false;
  if (text.includes(':')) return !text.includes('%') && ipaddr.IPv6.isValid(text);
  return ipaddr.IPv4.isValidFourPartDecimal(text);
}
