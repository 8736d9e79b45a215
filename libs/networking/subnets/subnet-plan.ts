import { InvalidInputError } from '#libs/common/errors';
import { contains, lastOf, parseAddress, renderAddress, renderCidr } from './cidr.js';
import type { Cidr } from './cidr.js';
import type { AllocationPool } from './subnet.entity.js';

interface Range {
  start: bigint;
  end: bigint;
}

/**
 * The addresses that ports may have. IPv4: not the network and broadcast addresses (but in a /31 and /32). IPv6: not
 * the first one, which is the routers'.
 */
function usable(cidr: Cidr): Range {
  const { version, base, prefix } = cidr;
  const last = lastOf(cidr);
  if (version === 4) return prefix >= 31 ? { start: base, end: last } : { start: base + 1n, end: last - 1n };
  return prefix >= 127 ? { start: base, end: last } : { start: base + 1n, end: last };
}

/**
 * An address that a port may have, in canonical form. Throws InvalidInputError naming `field` where the address is
 * outside the CIDR, its network or broadcast address, or its gateway, from which DHCP and routers answer.
 */
export function portAddress(field: string, cidr: Cidr, gatewayIp: string | null, text: string): string {
  const { version, value } = parseAddress(field, text);
  const { start, end } = usable(cidr);
  if (!contains(cidr, version, value))
    throw new InvalidInputError(field, `an address of ${renderCidr(cidr)}, not ${text}`);
  if (value < start || value > end)
    throw new InvalidInputError(field, `an address between ${renderCidr(cidr)}'s network and broadcast address`);
  if (gatewayIp !== null && parseAddress('gateway_ip', gatewayIp).value === value)
    throw new InvalidInputError(field, `an address other than the subnet's gateway ${gatewayIp}`);
  return renderAddress(version, value);
}

/** Neutron's default: the first usable address. */
export const defaultGateway = (cidr: Cidr): string => renderAddress(cidr.version, usable(cidr).start);

/**
 * The allocation pools asked for, or all usable addresses but the gateway. Throws InvalidInputError for a pool that is
 * outside the CIDR, upside down, or overlaps another pool or the gateway, and where no address is left.
 */
export function poolsOf(cidr: Cidr, gatewayIp: string | null, asked?: AllocationPool[]): AllocationPool[] {
  const gateway = gatewayIp === null ? undefined : parseAddress('gateway_ip', gatewayIp);
  if (gateway && !contains(cidr, gateway.version, gateway.value))
    throw new InvalidInputError('gateway_ip', 'an address of the CIDR');
  const { start, end } = usable(cidr);
  if (gateway && (gateway.value < start || gateway.value > end))
    throw new InvalidInputError('gateway_ip', 'an address other than the network and the broadcast address');
  const ranges = asked?.length ? asked.map((pool) => rangeOf(cidr, pool)) : around(usable(cidr), gateway?.value);
  ranges.sort((a, b) => (a.start < b.start ? -1 : 1));
  ranges.forEach((range, n) => {
    if (n > 0 && range.start <= ranges[n - 1]!.end)
      throw new InvalidInputError('allocation_pools', 'pools that do not overlap');
    if (gateway && gateway.value >= range.start && gateway.value <= range.end)
      throw new InvalidInputError('allocation_pools', `pools without the gateway ${gatewayIp}`);
  });
  const render = (value: bigint) => renderAddress(cidr.version, value);
  return ranges.map(({ start, end }) => ({ start: render(start), end: render(end) }));
}

function rangeOf(cidr: Cidr, pool: AllocationPool): Range {
  const [start, end] = [
    parseAddress('allocation_pools.start', pool.start),
    parseAddress('allocation_pools.end', pool.end),
  ];
  const { start: first, end: last } = usable(cidr);
  const inside =
    start.version === cidr.version && end.version === cidr.version && start.value >= first && end.value <= last;
  if (!inside || start.value > end.value)
    throw new InvalidInputError(
      'allocation_pools',
      `ranges of the CIDR with start before end, not ${pool.start}-${pool.end}`,
    );
  return { start: start.value, end: end.value };
}

function around({ start, end }: Range, gateway: bigint | undefined): Range[] {
  if (gateway === undefined || gateway < start || gateway > end) return [{ start, end }];
  return [
    { start, end: gateway - 1n },
    { start: gateway + 1n, end },
  ].filter((range) => range.start <= range.end);
}
