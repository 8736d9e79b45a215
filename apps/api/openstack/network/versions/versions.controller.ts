import { Controller, Get, Param, UseFilters } from '@nestjs/common';
import { Open } from '#apps/api/http/access';
import { publicUrl } from '#apps/api/http/public-url';
import { NotFoundError } from '#libs/common/errors';
import { NetworkErrors } from '../http/network.errors.js';

const resources = ['network', 'subnet', 'subnetpool', 'port', 'router'];

/** Extensions that clients look for before they use the fields that these add. */
const extensions: Record<string, string> = {
  'standard-attr-description': 'standard-attr-description',
  'standard-attr-timestamp': 'Resource timestamps',
  'standard-attr-tag': 'Tag support for resources with standard attribute: network, subnet, subnetpool, port, router',
  'standard-attr-revisions': 'Resource revision numbers',
  'revision-if-match': 'If-Match constraints based on revision_number',
  'filter-validation': 'Filter parameters validation',
  'port-security': 'Port Security',
  binding: 'Port Binding',
  provider: 'Provider Network',
  'net-mtu': 'Network MTU',
  'project-id': 'project_id field enabled',
  pagination: 'Pagination support',
  sorting: 'Sorting support',
  'security-group': 'security-group',
  router: 'Neutron L3 Router',
  extraroute: 'Neutron Extra Route',
  'extraroute-atomic': 'Atomically add/remove extra routes',
  dvr: 'Distributed Virtual Router',
  router_availability_zone: 'Router Availability Zone',
  agent: 'agent',
  'rbac-policies': 'RBAC Policies',
  'network-ip-availability': 'Network IP Availability',
  'stateful-security-group': 'Stateful security group',
  'security-groups-normalized-cidr': 'Normalized CIDR field for security group rules',
  'security-group-rules-belongs-to-default-sg': 'Security group rules, belongs to the project default security group',
  'allowed-address-pairs': 'Allowed Address Pairs',
  quotas: 'Quota management support',
  availability_zone: 'Availability Zone',
  network_availability_zone: 'Network Availability Zone',
  subnet_allocation: 'Subnet Allocation',
  'default-subnetpools': 'Default Subnetpools',
};

const render = (alias: string) => ({
  alias,
  name: extensions[alias],
  description: '',
  updated: '2024-01-01T00:00:00-00:00',
  links: [],
});

/** Neutron API: versions and extensions. */
@Open()
@UseFilters(NetworkErrors)
@Controller('networking')
export class NetworkVersionsController {
  @Get()
  versions() {
    const links = [{ rel: 'self', href: `${publicUrl()}/networking/v2.0/` }];
    return { versions: [{ id: 'v2.0', status: 'CURRENT', links }] };
  }

  @Get('v2.0')
  resources() {
    const entries = resources.map((name) => ({
      name,
      collection: `${name}s`,
      links: [{ rel: 'self', href: `${publicUrl()}/networking/v2.0/${name}s` }],
    }));
    return { resources: entries };
  }

  @Get('v2.0/extensions')
  list() {
    return { extensions: Object.keys(extensions).map(render) };
  }

  @Get('v2.0/extensions/:alias')
  show(@Param('alias') alias: string) {
    if (!Object.hasOwn(extensions, alias)) throw new NotFoundError('Extension', alias);
    return { extension: render(alias) };
  }
}
