import { CLOUD, PROJECT, rules } from '../rule.js';

const hypervisors = '/compute/v2.1/os-hypervisors';
const admin = 'rule:context_is_admin';
const watching = 'rule:context_is_admin or rule:system_reader';

/** Nova API: hypervisors, compute services, zones and aggregates: views of hosts. */
export const computeHosts = rules({
  'os_compute_api:os-hypervisors:list': {
    check: watching,
    scope: CLOUD,
    description: 'List hypervisors',
    routes: [`GET ${hypervisors}`],
  },
  'os_compute_api:os-hypervisors:list-detail': {
    check: watching,
    scope: CLOUD,
    description: 'List hypervisors with details',
    routes: [`GET ${hypervisors}/detail`],
  },
  'os_compute_api:os-hypervisors:statistics': {
    check: watching,
    scope: CLOUD,
    description: 'Sum up all hypervisors',
    routes: [`GET ${hypervisors}/statistics`],
  },
  'os_compute_api:os-hypervisors:show': {
    check: watching,
    scope: CLOUD,
    description: 'Show a hypervisor',
    routes: [`GET ${hypervisors}/{id}`],
  },
  'os_compute_api:os-hypervisors:uptime': {
    check: watching,
    scope: CLOUD,
    description: "Show a hypervisor's uptime",
    routes: [`GET ${hypervisors}/{id}/uptime`],
  },
  'os_compute_api:os-hypervisors:search': {
    check: watching,
    scope: CLOUD,
    description: 'Find hypervisors by a part of their name',
    routes: [`GET ${hypervisors}/{pattern}/search`],
  },
  'os_compute_api:os-hypervisors:servers': {
    check: watching,
    scope: CLOUD,
    description: 'List the servers of hypervisors found by name',
    routes: [`GET ${hypervisors}/{pattern}/servers`],
  },
  'os_compute_api:os-services:list': {
    check: watching,
    scope: CLOUD,
    description: 'List compute services',
    routes: ['GET /compute/v2.1/os-services'],
  },
  'os_compute_api:os-services:update': {
    check: admin,
    scope: CLOUD,
    description: 'Enable, disable or force down a compute service',
    routes: ['PUT /compute/v2.1/os-services/{id}'],
  },
  'os_compute_api:os-aggregates:index': {
    check: watching,
    scope: CLOUD,
    description: 'List aggregates of hosts',
    about: 'nothing',
    routes: ['GET /compute/v2.1/os-aggregates'],
  },
  'os_compute_api:os-availability-zone:list': {
    check: 'rule:reader',
    scope: PROJECT,
    description: 'List availability zones',
    routes: ['GET /compute/v2.1/os-availability-zone'],
  },
  'os_compute_api:os-availability-zone:detail': {
    check: watching,
    scope: CLOUD,
    description: 'List availability zones with their hosts',
    routes: ['GET /compute/v2.1/os-availability-zone/detail'],
  },
  'os_compute_api:extensions': {
    check: 'rule:reader',
    scope: PROJECT,
    description: 'List extensions',
    about: 'nothing',
    routes: ['GET /compute/v2.1/extensions', 'GET /compute/v2.1/extensions/{alias}'],
  },
});
