import { PROJECT, rules } from '../rule.js';

const action = (name: string) => [`POST /compute/v2.1/servers/{id}/action ${name}`];
const member = 'rule:project_member_or_admin';
const admin = 'rule:context_is_admin';

/** Nova API: POST /servers/{id}/action. */
export const serverActions = rules({
  'os_compute_api:os-security-groups:list': {
    check: 'rule:project_reader_or_admin',
    scope: PROJECT,
    description: 'List the security groups of a server',
    routes: ['GET /compute/v2.1/servers/{id}/os-security-groups'],
  },
  'os_compute_api:os-security-groups:add': {
    check: member,
    scope: PROJECT,
    description: "Put a server's ports into a security group",
    routes: action('addSecurityGroup'),
  },
  'os_compute_api:os-security-groups:remove': {
    check: member,
    scope: PROJECT,
    description: "Take a server's ports out of a security group",
    routes: action('removeSecurityGroup'),
  },
  'os_compute_api:servers:start': {
    check: member,
    scope: PROJECT,
    description: 'Start a server',
    routes: action('os-start'),
  },
  'os_compute_api:servers:stop': {
    check: member,
    scope: PROJECT,
    description: 'Stop a server',
    routes: action('os-stop'),
  },
  'os_compute_api:os-pause-server:pause': {
    check: member,
    scope: PROJECT,
    description: 'Pause a server',
    routes: action('pause'),
  },
  'os_compute_api:os-pause-server:unpause': {
    check: member,
    scope: PROJECT,
    description: 'Let a paused server go on',
    routes: action('unpause'),
  },
  'os_compute_api:servers:reboot': {
    check: member,
    scope: PROJECT,
    description: 'Reboot a server',
    routes: action('reboot'),
  },
  'os_compute_api:servers:rebuild': {
    check: member,
    scope: PROJECT,
    description: 'Give a server a new root from an image',
    routes: action('rebuild'),
  },
  'os_compute_api:servers:resize': {
    check: member,
    scope: PROJECT,
    description: 'Give a server another flavor',
    routes: action('resize'),
  },
  'os_compute_api:servers:confirm_resize': {
    check: member,
    scope: PROJECT,
    description: 'Confirm a resize or a cold migration',
    routes: action('confirmResize'),
  },
  'os_compute_api:servers:revert_resize': {
    check: member,
    scope: PROJECT,
    description: 'Take a resize or a cold migration back',
    routes: action('revertResize'),
  },
  'os_compute_api:os-migrate-server:migrate': {
    check: admin,
    scope: PROJECT,
    description: 'Move a server cold',
    routes: action('migrate'),
  },
  'os_compute_api:os-migrate-server:migrate_live': {
    check: admin,
    scope: PROJECT,
    description: 'Move a server live',
    routes: action('os-migrateLive'),
  },
  'os_compute_api:os-evacuate': {
    check: admin,
    scope: PROJECT,
    description: 'Build a server of a dead host anew elsewhere',
    routes: action('evacuate'),
  },
  'os_compute_api:os-console-output': {
    check: member,
    scope: PROJECT,
    description: "Show what a server's console has printed",
    routes: action('os-getConsoleOutput'),
  },
  'os_compute_api:os-admin-actions:reset_state': {
    check: admin,
    scope: PROJECT,
    description: 'Say which state a server is in',
    routes: action('os-resetState'),
  },
  'os_compute_api:os-deferred-delete:force': {
    check: member,
    scope: PROJECT,
    description: 'Delete a server whatever its state is',
    routes: action('forceDelete'),
  },
  /** A body that names no action of ours is refused as one, not by who sent it. */
  'os_compute_api:servers:unknown_action': {
    check: 'role:member',
    scope: PROJECT,
    description: 'Ask for an unknown action (answered with 400)',
    about: 'nothing',
    routes: ['POST /compute/v2.1/servers/{id}/action'],
  },
});
