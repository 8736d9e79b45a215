import type { SecurityGroup, SecurityGroupRule } from '#libs/networking/security-groups/default-security-group';

const owner = (projectId: string) => ({ project_id: projectId, tenant_id: projectId });

/** Neutron API: a security group. */
export function renderGroup({ id, projectId, name, rules }: SecurityGroup) {
  const security_group_rules = rules.map(renderRule);
  const description = 'Everything may come and go';
  return { id, ...owner(projectId), name, description, stateful: true, shared: false, tags: [], security_group_rules };
}

/** Neutron API: a rule of one. */
export function renderRule({ id, projectId, groupId, direction, etherType }: SecurityGroupRule) {
  return {
    id,
    ...owner(projectId),
    security_group_id: groupId,
    direction,
    ethertype: etherType,
    protocol: null,
    port_range_min: null,
    port_range_max: null,
    remote_ip_prefix: null,
    remote_group_id: null,
    description: '',
  };
}
