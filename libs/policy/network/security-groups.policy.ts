import { PROJECT, rules } from '../rule.js';

const at = '/networking/v2.0/security-groups';
const member = 'rule:project_member_or_admin';
const reader = 'rule:project_reader_or_admin';

/** Neutron API: security groups and their rules. */
export const securityGroups = rules({
  get_security_group: {
    check: reader,
    scope: PROJECT,
    description: 'List and show security groups',
    routes: [`GET ${at}`, `GET ${at}/{id}`],
  },
  create_security_group: {
    check: member,
    scope: PROJECT,
    description: 'Create a security group',
    routes: [`POST ${at}`],
  },
  update_security_group: {
    check: member,
    scope: PROJECT,
    description: 'Change a security group',
    routes: [`PUT ${at}/{id}`],
  },
  delete_security_group: {
    check: member,
    scope: PROJECT,
    description: 'Delete a security group',
    routes: [`DELETE ${at}/{id}`],
  },
  get_security_group_rule: {
    check: reader,
    scope: PROJECT,
    description: "List and show security groups' rules",
    routes: ['GET /networking/v2.0/security-group-rules', 'GET /networking/v2.0/security-group-rules/{id}'],
  },
  create_security_group_rule: {
    check: member,
    scope: PROJECT,
    description: "Add to a security group's rules",
    routes: ['POST /networking/v2.0/security-group-rules'],
  },
  delete_security_group_rule: {
    check: member,
    scope: PROJECT,
    description: "Take from a security group's rules",
    routes: ['DELETE /networking/v2.0/security-group-rules/{id}'],
  },
});
