import type { SecurityGroupView } from '#libs/networking/security-groups/security-groups.service';
import { commonFields } from '../http/common-fields.js';
import { renderRule } from '../security-group-rules/security-group-rule.renderer.js';

/** Neutron API: security_group, with its rules. */
export function renderGroup(group: SecurityGroupView) {
  return {
    ...commonFields(group),
    stateful: group.stateful,
    shared: false,
    security_group_rules: group.rules.map((rule) => renderRule({ ...rule, ofDefault: group.isDefault })),
  };
}
