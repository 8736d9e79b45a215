import { isIP } from 'node:net';
import { InvalidInputError } from '#libs/common/errors';

/**
 * Addresses as integers. Written here rather than taken from a library: ranges and containment over BigInt are these
 * few lines, and node:net already judges what is an address.
 */
export interface Cidr {
  version: 4 | 6;
  /** Network address. */
  base: bigint;
  prefix: number;
}

/** Throws InvalidInputError naming `field`. */
export function parseAddress(field: string, text: unknown): { version: 4 | 6; value: bigint } {
  const version = typeof text === 'string' && !text.includes('%') ? isIP(text) : 0;
  if (version === 4) return { version, value: fromGroups((text as string).split('.').map(Number), 8n) };
  if (version === 6) return { version, value: fromGroups(groupsOf(text as string), 16n) };
  throw new InvalidInputError(field, `an IP address (got '${String(text)}')`);
}

/** Throws InvalidInputError naming `field`, also where bits are set behind the prefix (Neutron takes them off; so do we). */
export function parseCidr(field: string, text: unknown): Cidr {
  const [, address, length] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(String(text)) ?? [];
  const wrong = new InvalidInputError(field, `a CIDR such as 10.0.0.0/24 or fd00::/64 (got '${String(text)}')`);
  if (!address || isIP(address) === 0) throw wrong;
  const { version, value } = parseAddress(field, address);
  const bits = version === 4 ? 32 : 128;
  const prefix = Number(length);
  if (prefix < 1 || prefix > bits) throw wrong;
  const host = BigInt(bits - prefix);
  return { version, base: (value >> host) << host, prefix };
}

export const bitsOf = (version: 4 | 6): number => (version === 4 ? 32 : 128);

export const lastOf = ({ version, base, prefix }: Cidr): bigint => base + (1n << BigInt(bitsOf(version) - prefix)) - 1n;

export const contains = (cidr: Cidr, version: 4 | 6, value: bigint): boolean =>
  cidr.version === version && value >= cidr.base && value <= lastOf(cidr);

export const overlaps = (a: Cidr, b: Cidr): boolean =>
  a.version === b.version && a.base <= lastOf(b) && b.base <= lastOf(a);

export const renderCidr = ({ version, base, prefix }: Cidr): string => `${renderAddress(version, base)}/${prefix}`;

/** RFC 5952 for version 6: the longest run of zero groups is cut. */
export function renderAddress(version: 4 | 6, value: bigint): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, n) => ((value >> BigInt(112 - 16 * n)) & 0xffffn).toString(16));
  const runs = [...groups.join(':').matchAll(/(^|:)0(:0)+(?=:|$)/g)].sort((a, b) => b[0].length - a[0].length);
  if (!runs[0]) return groups.join(':');
  const text = groups.join(':');
  const [run] = runs;
  return `${text.slice(0, run.index)}::${text.slice(run.index + run[0].length + 1)}`;
}

function fromGroups(groups: number[], width: bigint): bigint {
  return groups.reduce((sum, group) => (sum << width) + BigInt(group), 0n);
}

function groupsOf(text: string): number[] {
  const plain = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...octets: string[]) => {
    const [a, b, c, d] = octets.map(Number) as [number, number, number, number];
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [head = '', tail] = plain.split('::');
  const numbers = (part: string) => (part ? part.split(':').map((group) => parseInt(group, 16)) : []);
  if (tail === undefined) return numbers(head);
  const [front, back] = [numbers(head), numbers(tail)];
  return [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
}
