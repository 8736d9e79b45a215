import type { Nic } from '#generated/lxstack/agent/v1/types';
import { isIPv4 } from 'node:net';
import { SERVICES_MAC } from '#libs/agent-protocol/services-mac';

/** The metadata service's addresses, of version 4 and 6. */
export const [METADATA_V4, METADATA_V6] = ['169.254.169.254', 'fe80::a9fe:a9fe'] as const;

/**
 * nft rules of a port for what it sends to the metadata service, with and without port security: from its own MAC and
 * addresses only, because these tell who asks. A frame for it goes to this host's service whatever gateway the guest
 * sends it to.
 */
export function metadataRules({ mac, fixedIps }: Pick<Nic, 'mac' | 'fixedIps'>): string[] {
  const to4 = `ether type ip ip daddr ${METADATA_V4}`;
  const to6 = `ether type ip6 ip6 daddr ${METADATA_V6}`;
  const v4 = fixedIps.map(({ address }) => address).filter((address) => isIPv4(address));
  return [
    `${to4} ether saddr != ${mac} drop`,
    v4.length ? `${to4} ip saddr != { ${v4.join(', ')} } drop` : `${to4} drop`,
    `${to4} ether daddr set ${SERVICES_MAC}`,
    `${to6} ether saddr != ${mac} drop`,
    `${to6} ip6 saddr != ${linkLocalOf(mac)} drop`,
  ];
}

/** The link-local address that a guest makes of a MAC (RFC 4291: modified EUI-64), in canonical form. */
export function linkLocalOf(mac: string): string {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = mac.split(':').map((byte) => parseInt(byte, 16));
  const words = [((a ^ 2) << 8) | b, (c << 8) | 0xff, 0xfe00 | d, (e << 8) | f];
  // RFC 5952: of two runs of zeros the longer, after the prefix, is the one that is left out.
  const rest = words.map((word) => word.toString(16));
  while (rest[0] === '0') rest.shift();
  return `fe80::${rest.join(':')}`;
}
