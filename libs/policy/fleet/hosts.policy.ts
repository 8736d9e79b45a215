import { CLOUD, rules } from '../rule.js';

const at = '/fleet/v1';
const admin = 'rule:context_is_admin';
const watching = 'rule:context_is_admin or rule:system_reader';

/** Our own API: hosts, the way in, the audit. */
export const fleetHosts = rules({
  'fleet:hosts:list': {
    check: watching,
    scope: CLOUD,
    description: 'List hosts',
    routes: [`GET ${at}/hosts`],
  },
  'fleet:hosts:fence': {
    check: watching,
    scope: CLOUD,
    description: "Show what a host's agent has promised to end without a lease",
    routes: [`GET ${at}/hosts/{host}/fence`],
  },
  'fleet:hosts:show_desired_state': {
    check: watching,
    scope: CLOUD,
    description: "Show what a host's networks should be, and how far the host has come",
    routes: [`GET ${at}/hosts/{host}/desired-state`],
  },
  'fleet:join-tokens:create': {
    check: admin,
    scope: CLOUD,
    description: 'Make a token with which a host joins',
    routes: [`POST ${at}/join-tokens`],
  },
  'fleet:hosts:revoke': {
    check: admin,
    scope: CLOUD,
    description: 'Take no call of a host any more',
    routes: [`POST ${at}/hosts/{host}/revoke`],
  },
  'fleet:hosts:show_drain': {
    check: watching,
    scope: CLOUD,
    description: "Show a host's drain",
    routes: [`GET ${at}/hosts/{host}/drain`],
  },
  'fleet:hosts:drain': {
    check: admin,
    scope: CLOUD,
    description: 'Move everything off a host, and go on with it',
    routes: [`POST ${at}/hosts/{host}/drain`, `POST ${at}/hosts/{host}/drain/resume`],
  },
  'fleet:hosts:abort_drain': {
    check: admin,
    scope: CLOUD,
    description: 'Stop moving everything off a host',
    routes: [`DELETE ${at}/hosts/{host}/drain`],
  },
  'fleet:audit': {
    check: watching,
    scope: CLOUD,
    description: 'Compare records, agents and allocations',
    routes: [`GET ${at}/audit`],
  },
  'fleet:audit:repair': {
    check: admin,
    scope: CLOUD,
    description: 'Make hosts’ networks what records say, and compare',
    routes: [`POST ${at}/audit/repair`],
  },
});
