import { PROJECT, rules } from '../rule.js';

const keypairs = '/compute/v2.1/os-keypairs';
/** Of the user's own, or anybody's by an administrator. */
const owner = 'user_id:%(user_id)s or rule:context_is_admin';

/** Nova API: key pairs: a user's, in whatever project. */
export const keyPairs = rules({
  'os_compute_api:os-keypairs:index': {
    check: `role:reader and (${owner})`,
    scope: PROJECT,
    description: "List a user's key pairs",
    routes: [`GET ${keypairs}`],
  },
  'os_compute_api:os-keypairs:show': {
    check: `role:reader and (${owner})`,
    scope: PROJECT,
    description: 'Show a key pair',
    routes: [`GET ${keypairs}/{name}`],
  },
  'os_compute_api:os-keypairs:create': {
    check: `role:member and (${owner})`,
    scope: PROJECT,
    description: 'Create or import a key pair',
    routes: [`POST ${keypairs}`],
  },
  'os_compute_api:os-keypairs:delete': {
    check: `role:member and (${owner})`,
    scope: PROJECT,
    description: 'Delete a key pair',
    routes: [`DELETE ${keypairs}/{name}`],
  },
});
