import { PROJECT, rules } from '../rule.js';

const at = '/networking/v2.0';

/** Neutron API: what there is nothing of yet, and quotas. */
export const networkQuotasAndAgents = rules({
  get_floatingip: {
    check: 'rule:reader',
    scope: PROJECT,
    description: 'List floating addresses',
    about: 'nothing',
    routes: [`GET ${at}/floatingips`],
  },
  get_agent: {
    check: 'rule:context_is_admin',
    scope: PROJECT,
    description: 'List and show what hosts do for networks, as agents',
    routes: [`GET ${at}/agents`, `GET ${at}/agents/{id}`],
  },
  get_network_ip_availability: {
    check: 'rule:context_is_admin',
    scope: PROJECT,
    description: 'List used and free addresses of networks',
    routes: [`GET ${at}/network-ip-availabilities`, `GET ${at}/network-ip-availabilities/{id}`],
  },
  get_availability_zone: {
    check: 'rule:reader',
    scope: PROJECT,
    description: 'List zones of networks',
    about: 'nothing',
    routes: [`GET ${at}/availability_zones`],
  },
  get_quota: {
    check: 'rule:project_reader_or_admin',
    scope: PROJECT,
    description: "Show a project's quotas of networks",
    routes: [`GET ${at}/quotas/{project}`, `GET ${at}/quotas/{project}/default`],
  },
});
