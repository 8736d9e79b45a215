import { parseAddress, parseCidr, renderAddress, renderCidr } from '../subnets/cidr.js';
import { ICMP, ICMPV6, ofIpv6, protocolNames, protocolNumber, withPorts } from './protocols.js';
import type { EtherType, RuleDirection, SecurityGroupRule } from './security-group-rule.entity.js';
import { SenselessRuleError } from './security-groups.errors.js';

/** A rule as a user asks for it. */
export interface WantedRule {
  direction: RuleDirection;
  etherType?: EtherType;
  protocol?: string | null;
  portRangeMin?: number | null;
  portRangeMax?: number | null;
  remoteIpPrefix?: string | null;
  remoteGroupId?: string | null;
}

export type CheckedRule = Pick<
  SecurityGroupRule,
  'direction' | 'etherType' | 'protocol' | 'portRangeMin' | 'portRangeMax' | 'remoteIpPrefix' | 'remoteGroupId'
>;

/** Neutron's checks of a rule's fields. Throws SenselessRuleError, InvalidInputError. */
export function checkedRule(wanted: WantedRule): CheckedRule {
  const { direction, etherType = 'IPv4' } = wanted;
  const protocol = checkedProtocol(wanted.protocol ?? null);
  const [portRangeMin, portRangeMax] = [wanted.portRangeMin ?? null, wanted.portRangeMax ?? null];
  const remoteIpPrefix = wanted.remoteIpPrefix ? checkedPrefix(wanted.remoteIpPrefix) : null;
  const remoteGroupId = wanted.remoteGroupId ?? null;
  const rule = { direction, etherType, protocol, portRangeMin, portRangeMax, remoteIpPrefix, remoteGroupId };
  requireOneRemote(rule);
  requireOwnEtherType(rule);
  requirePorts(rule);
  return rule;
}

/** Whether two rules let the same packets pass, however they are written. */
export function sameRule(a: CheckedRule, b: CheckedRule): boolean {
  const key = (rule: CheckedRule) => {
    const ipv6 = rule.etherType === 'IPv6';
    const protocol = rule.protocol === null ? null : protocolNumber(rule.protocol, ipv6);
    const prefix = rule.remoteIpPrefix === null ? null : normalizedCidr(rule.remoteIpPrefix);
    return JSON.stringify([
      rule.direction,
      ipv6,
      protocol,
      rule.portRangeMin,
      rule.portRangeMax,
      prefix,
      rule.remoteGroupId,
    ]);
  };
  return key(a) === key(b);
}

/** Neutron API: normalized_cidr: the prefix with the bits behind its length cleared. */
export const normalizedCidr = (prefix: string): string => renderCidr(parseCidr('remote_ip_prefix', prefix, 0));

function checkedProtocol(protocol: string | null): string | null {
  if (protocol === null || protocol === '' || protocol.toLowerCase() === 'any') return null;
  const name = protocol.toLowerCase();
  if (/^\d{1,3}$/.test(name) && Number(name) <= 255) return String(Number(name));
  if (protocolNames.includes(name)) return name;
  const known = `one of ${protocolNames.join(', ')} or a number from 0 to 255`;
  throw new SenselessRuleError('protocol', 'protocol', `${known}, not ${protocol}`);
}

function checkedPrefix(prefix: string): string {
  if (prefix.includes('/')) {
    parseCidr('remote_ip_prefix', prefix, 0);
    return prefix;
  }
  const { version, value } = parseAddress('remote_ip_prefix', prefix);
  return `${renderAddress(version, value)}/${version === 4 ? 32 : 128}`;
}

function requireOneRemote({ remoteIpPrefix, remoteGroupId }: CheckedRule): void {
  if (remoteIpPrefix !== null && remoteGroupId !== null)
    throw new SenselessRuleError('two-remotes', 'remote_group_id', 'no value beside remote_ip_prefix');
}

function requireOwnEtherType({ etherType, protocol, remoteIpPrefix }: CheckedRule): void {
  if (etherType === 'IPv4' && protocol !== null && (ofIpv6.includes(protocol) || protocol === String(ICMPV6)))
    throw new SenselessRuleError('ether-type-of-protocol', 'ethertype', `IPv6 for protocol ${protocol}`);
  if (remoteIpPrefix === null) return;
  const version = parseCidr('remote_ip_prefix', remoteIpPrefix, 0).version;
  if (etherType !== `IPv${version}`)
    throw new SenselessRuleError('ether-type-of-prefix', 'ethertype', `IPv${version} for ${remoteIpPrefix}`);
}

function requirePorts({ protocol, etherType, portRangeMin: min, portRangeMax: max }: CheckedRule): void {
  if (min === null && max === null) return;
  if (protocol === null) throw new SenselessRuleError('protocol-missing', 'protocol', 'a value beside a port range');
  const number = protocolNumber(protocol, etherType === 'IPv6');
  if (number === ICMP || number === ICMPV6) return requireIcmp(min, max);
  if (!withPorts.includes(number))
    throw new SenselessRuleError(
      'protocol-without-ports',
      'protocol',
      'one of tcp, udp, udplite, sctp and dccp beside ports',
    );
  const zero = [min, max].find((port) => port === 0);
  if (zero !== undefined) throw new SenselessRuleError('port-value', 'port_range_min', 'a number from 1 to 65535');
  if (min === null || max === null || min > max)
    throw new SenselessRuleError(
      'port-range',
      'port_range_min',
      'a number that is not above port_range_max, and both of them',
    );
}

/** Type and code. */
function requireIcmp(type: number | null, code: number | null): void {
  if (type === null) throw new SenselessRuleError('icmp-type-missing', 'port_range_min', 'the ICMP type beside a code');
  for (const [field, value] of [
    ['port_range_min', type],
    ['port_range_max', code],
  ] as const)
    if (value !== null && value > 255)
      throw new SenselessRuleError('icmp-value', field, 'a number from 0 to 255 for ICMP');
}
