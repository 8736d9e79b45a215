import { PROJECT, rules } from '../rule.js';

const quotas = '/compute/v2.1/os-quota-sets/{project}';
const reader = 'rule:project_reader_or_admin';
const admin = 'rule:context_is_admin';

/** Nova API: limits and quotas. */
export const quotaSets = rules({
  'os_compute_api:limits': {
    check: 'rule:reader',
    scope: PROJECT,
    description: "Show the project's limits and use",
    routes: ['GET /compute/v2.1/limits'],
  },
  'os_compute_api:limits:other_project': {
    check: admin,
    scope: PROJECT,
    description: "Show another project's limits and use",
  },
  'os_compute_api:os-quota-sets:show': {
    check: reader,
    scope: PROJECT,
    description: "Show a project's quotas",
    routes: [`GET ${quotas}`],
  },
  'os_compute_api:os-quota-sets:detail': {
    check: reader,
    scope: PROJECT,
    description: "Show a project's quotas and use",
    routes: [`GET ${quotas}/detail`],
  },
  'os_compute_api:os-quota-sets:defaults': {
    check: 'rule:reader',
    scope: PROJECT,
    description: 'Show the quotas of a project that has none of its own',
    routes: [`GET ${quotas}/defaults`],
  },
  'os_compute_api:os-quota-sets:update': {
    check: admin,
    scope: PROJECT,
    description: "Change a project's quotas",
    routes: [`PUT ${quotas}`],
  },
  'os_compute_api:os-quota-sets:delete': {
    check: admin,
    scope: PROJECT,
    description: "Put a project's quotas back to the defaults",
    routes: [`DELETE ${quotas}`],
  },
});
