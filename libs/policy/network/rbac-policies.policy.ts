import { PROJECT, rules } from '../rule.js';

const at = '/networking/v2.0/rbac-policies';
const member = 'rule:project_member_or_admin';
const admin = 'rule:context_is_admin';

/** Neutron API: RBAC policies. */
export const rbacPolicies = rules({
  create_rbac_policy: {
    check: member,
    scope: PROJECT,
    description: 'Share a network with a project: for another project as an administrator only',
    routes: [`POST ${at}`],
  },
  'create_rbac_policy:target_project': {
    check: admin,
    scope: PROJECT,
    description: 'Share with all projects (*)',
  },
  get_rbac_policy: {
    check: 'rule:project_reader_or_admin',
    scope: PROJECT,
    description: "List and show the project's RBAC policies",
    routes: [`GET ${at}`, `GET ${at}/{id}`],
  },
  update_rbac_policy: {
    check: member,
    scope: PROJECT,
    description: 'Share with another project instead',
    routes: [`PUT ${at}/{id}`],
  },
  'update_rbac_policy:target_project': {
    check: admin,
    scope: PROJECT,
    description: 'Share with all projects (*) instead',
  },
  delete_rbac_policy: {
    check: member,
    scope: PROJECT,
    description: 'Share no longer',
    routes: [`DELETE ${at}/{id}`],
  },
});
