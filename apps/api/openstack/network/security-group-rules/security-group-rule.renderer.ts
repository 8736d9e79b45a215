import { normalizedCidr } from '#libs/networking/security-groups/rule-checks';
import type { SecurityGroupRuleView } from '#libs/networking/security-groups/security-group-rules.service';
import { commonFields } from '../http/common-fields.js';

/** Neutron API: security_group_rule. */
export function renderRule(rule: SecurityGroupRuleView) {
  const common: Partial<ReturnType<typeof commonFields>> = commonFields({ ...rule, name: '', tags: [] });
  delete common.name;
  const { remoteIpPrefix } = rule;
  return {
    id: rule.id,
    ...common,
    security_group_id: rule.securityGroupId,
    direction: rule.direction,
    ethertype: rule.etherType,
    protocol: rule.protocol,
    port_range_min: rule.portRangeMin,
    port_range_max: rule.portRangeMax,
    remote_ip_prefix: remoteIpPrefix,
    normalized_cidr: remoteIpPrefix === null ? null : normalizedCidr(remoteIpPrefix),
    remote_group_id: rule.remoteGroupId,
    remote_address_group_id: null,
    belongs_to_default_sg: rule.ofDefault,
  };
}
