import { ANY, DOMAIN, rules } from '../rule.js';

const projectsPath = '/identity/v3/projects';
const domainsPath = '/identity/v3/domains';
const domainAdmin = 'rule:admin_required or (role:admin and domain_id:%(target.project.domain_id)s)';
const domainReader =
  'rule:admin_required or rule:system_reader or (role:reader and domain_id:%(target.project.domain_id)s)';

/** Keystone API: projects. A domain's admin manages those of the domain. */
export const projects = rules({
  'identity:list_projects': {
    check: domainReader,
    scope: DOMAIN,
    description: 'List projects: all, or those of the domain that the token is scoped to',
    routes: [`GET ${projectsPath}`],
  },
  'identity:get_project': {
    check: `${domainReader} or project_id:%(target.project.id)s`,
    scope: DOMAIN,
    description: 'Show a project',
    routes: [`GET ${projectsPath}/{id}`],
  },
  'identity:create_project': {
    check: domainAdmin,
    scope: DOMAIN,
    description: 'Create a project',
    routes: [`POST ${projectsPath}`],
  },
  'identity:update_project': {
    check: domainAdmin,
    scope: DOMAIN,
    description: 'Change a project',
    routes: [`PATCH ${projectsPath}/{id}`],
  },
  'identity:delete_project': {
    check: domainAdmin,
    scope: DOMAIN,
    description: 'Delete a project',
    routes: [`DELETE ${projectsPath}/{id}`],
  },
});

/** Keystone API: domains. */
export const domains = rules({
  'identity:list_domains': {
    check: 'rule:admin_required or rule:system_reader or (role:reader and domain_id:%(target.domain.id)s)',
    scope: DOMAIN,
    description: 'List domains: all, or the one that the token is scoped to',
    routes: [`GET ${domainsPath}`],
  },
  'identity:get_domain': {
    check:
      'rule:admin_required or rule:system_reader or domain_id:%(target.domain.id)s or project_domain_id:%(target.domain.id)s ' +
      'or user_domain_id:%(target.domain.id)s',
    scope: ANY,
    description: 'Show a domain: that of the token, or of its user or project',
    routes: [`GET ${domainsPath}/{id}`],
  },
  'identity:create_domain': {
    check: 'rule:admin_required',
    scope: DOMAIN,
    description: 'Create a domain',
    routes: [`POST ${domainsPath}`],
  },
  'identity:update_domain': {
    check: 'rule:admin_required',
    scope: DOMAIN,
    description: 'Change a domain',
    routes: [`PATCH ${domainsPath}/{id}`],
  },
  'identity:delete_domain': {
    check: 'rule:admin_required',
    scope: DOMAIN,
    description: 'Delete a domain',
    routes: [`DELETE ${domainsPath}/{id}`],
  },
});
