import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, UseFilters } from '@nestjs/common';
import { CurrentCaller } from '#apps/api/http/api-request';
import { Takes } from '#apps/api/http/body/body-schema';
import { given, parseBody, unwrap } from '#apps/api/http/body/parse-body';
import { InputError } from '#apps/api/http/input/input-error';
import { boolean, text } from '#apps/api/http/query/paging';
import { many } from '#apps/api/http/query/query';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Caller } from '#libs/common/caller';
import { InvalidInputError } from '#libs/common/errors';
import { Ports } from '#libs/networking/ports/ports.service';
import type { PortAddressFilter, PortChange } from '#libs/networking/ports/ports.service';
import { PortBody } from './port.dto.js';
import { requireUnchanged } from '../http/require-unchanged.js';
import { IfMatch } from '../http/if-match.js';
import { adminState, neutronList, neutronPage } from '../http/listing.js';
import type { NeutronFilters } from '../http/listing.js';
import { NetworkErrors } from '../http/network.errors.js';
import { renderPort } from './port.renderer.js';

const filters: NeutronFilters = {
  standard: true,
  columns: {
    admin_state_up: adminState,
    network_id: text('network_id'),
    mac_address: text('mac_address'),
    device_id: text('device_id'),
    device_owner: text('device_owner'),
    status: text('status'),
    port_security_enabled: boolean('port_security_enabled'),
    'binding:host_id': text('host'),
  },
  constants: { 'binding:vnic_type': 'normal', ip_allocation: 'immediate', qos_policy_id: null },
  others: ['fixed_ips', 'security_groups'],
};

/** Neutron API: /v2.0/ports. */
@UseFilters(NetworkErrors)
@Controller('networking/v2.0/ports')
export class PortsController {
  constructor(private readonly ports: Ports) {}

  @Get()
  async list(@CurrentCaller() caller: Caller, @Query() query: ListQuery) {
    const page = neutronPage(query, filters);
    const rows = page ? await this.ports.list(caller, page, { ...fixedIpsOf(query), ...groupsOf(query) }) : [];
    return neutronList('ports', query, rows.map(renderPort));
  }

  @Get(':id')
  async show(@CurrentCaller() caller: Caller, @Param('id') id: string) {
    return { port: renderPort(await this.ports.get(caller, id)) };
  }

  @Post()
  @Takes('port', PortBody)
  async create(@CurrentCaller() caller: Caller, @Body() body: unknown) {
    const parsed = parseBody(PortBody, unwrap(body, 'port'), { path: 'port' });
    const { network_id: networkId, mac_address: macAddress, fixed_ips } = parsed;
    const projectId = parsed.project_id ?? parsed.tenant_id;
    if (networkId === undefined) throw new InvalidInputError('port.network_id', 'the id of a network');
    const fixedIps = fixed_ips?.map((one) => ({ subnetId: one.subnet_id, address: one.ip_address }));
    const wanted = given({
      ...changeOf(parsed),
      projectId,
      networkId,
      macAddress,
      fixedIps,
    });
    return { port: renderPort(await this.ports.create(caller, wanted)) };
  }

  /** Addresses, MAC and project cannot change. */
  @Put(':id')
  @Takes('port', PortBody)
  async update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: unknown,
    @IfMatch() revision?: number,
  ) {
    const parsed = parseBody(PortBody, unwrap(body, 'port'), { path: 'port' });
    requireUnchanged(parsed, ['network_id', 'mac_address', 'fixed_ips', 'project_id', 'tenant_id']);
    return { port: renderPort(await this.ports.update(caller, id, changeOf(parsed), revision)) };
  }

  @Delete(':id')
  @HttpCode(204)
  async delete(@CurrentCaller() caller: Caller, @Param('id') id: string, @IfMatch() revision?: number) {
    await this.ports.delete(caller, id, revision);
  }
}

const fixedIpKinds = { ip_address: 'addresses', ip_address_substr: 'addressParts', subnet_id: 'subnets' } as const;

/** Neutron API: `fixed_ips=ip_address=10.0.0.5`, `fixed_ips=ip_address_substr=0.5`, `fixed_ips=subnet_id=…`. Throws InputError. */
function fixedIpsOf(query: ListQuery): PortAddressFilter {
  const filter: PortAddressFilter = {};
  for (const value of many(query, 'fixed_ips')) {
    const [kind = '', ...rest] = value.split('=');
    if (!Object.hasOwn(fixedIpKinds, kind) || !rest.length)
      throw new InputError(
        'fixed_ips',
        value,
        `one of ${Object.keys(fixedIpKinds).join(', ')} and its value are expected`,
      );
    (filter[fixedIpKinds[kind as keyof typeof fixedIpKinds]] ??= []).push(rest.join('='));
  }
  return filter;
}

/** Neutron API: filter by `security_groups`. */
function groupsOf(query: ListQuery): PortAddressFilter {
  const securityGroups = many(query, 'security_groups');
  return securityGroups.length ? { securityGroups } : {};
}

function changeOf(body: PortBody): PortChange {
  if ((body['binding:vnic_type'] ?? 'normal') !== 'normal') throw new InvalidInputError('binding:vnic_type', 'normal');
  const { name, description, admin_state_up, port_security_enabled, device_id, device_owner, security_groups } = body;
  const allowedAddressPairs = body.allowed_address_pairs;
  const device = { deviceId: device_id, deviceOwner: device_owner, host: body['binding:host_id'] };
  return given({
    name,
    description,
    adminStateUp: admin_state_up,
    portSecurityEnabled: port_security_enabled,
    securityGroups: security_groups,
    allowedAddressPairs,
    ...device,
  });
}
