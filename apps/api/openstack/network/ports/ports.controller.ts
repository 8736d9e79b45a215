import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, UseFilters } from '@nestjs/common';
import { CurrentCaller } from '#apps/api/http/api-request';
import { given, parseBody, unwrap } from '#apps/api/http/body';
import { many } from '#apps/api/http/list-query';
import type { Query as ListQuery } from '#apps/api/http/list-query';
import type { Caller } from '#libs/common/caller';
import { InvalidInputError } from '#libs/common/errors';
import { Hosts } from '#libs/fleet/hosts/hosts.service';
import type { Port } from '#libs/networking/ports/port.entity';
import { UserPorts } from '#libs/networking/ports/user-ports.service';
import type { PortChange } from '#libs/networking/ports/user-ports.service';
import { PortBody, requireUnchanged } from '../bodies.js';
import { neutronList, neutronPage } from '../http/listing.js';
import { NetworkErrors } from '../http/network.errors.js';
import { renderPort } from '../views.js';

const same = (names: string[]) => Object.fromEntries(names.map((name) => [name, name]));
const filters = {
  ...same(['network_id', 'mac_address', 'device_id', 'device_owner', 'status']),
  'binding:host_id': 'host',
};

@UseFilters(NetworkErrors)
@Controller('networking/v2.0/ports')
export class PortsController {
  constructor(
    private readonly ports: UserPorts,
    private readonly hosts: Hosts,
  ) {}

  /** `fixed_ips=ip_address=10.0.0.5` and `fixed_ips=subnet_id=…` as Neutron. */
  @Get()
  async list(@CurrentCaller() caller: Caller, @Query() query: ListQuery) {
    const wanted = (kind: string) =>
      many(query, 'fixed_ips').flatMap((text) => (text.startsWith(`${kind}=`) ? text.slice(kind.length + 1) : []));
    const request = neutronPage(query, filters);
    const rows = await this.ports.list(caller, request, wanted('ip_address'), wanted('subnet_id'));
    return neutronList('ports', query, await this.render(caller, rows));
  }

  @Get(':id')
  async show(@CurrentCaller() caller: Caller, @Param('id') id: string) {
    return this.renderOne(caller, await this.ports.get(caller, id));
  }

  @Post()
  async create(@CurrentCaller() caller: Caller, @Body() body: unknown) {
    const parsed = parseBody(PortBody, unwrap(body, 'port'), 'port');
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
    return this.renderOne(caller, await this.ports.create(caller, wanted));
  }

  /** Addresses, MAC and project stay as they are. */
  @Put(':id')
  async update(@CurrentCaller() caller: Caller, @Param('id') id: string, @Body() body: unknown) {
    const parsed = parseBody(PortBody, unwrap(body, 'port'), 'port');
    requireUnchanged(parsed, ['network_id', 'mac_address', 'fixed_ips', 'project_id', 'tenant_id']);
    return this.renderOne(caller, await this.ports.update(caller, id, changeOf(parsed)));
  }

  @Delete(':id')
  @HttpCode(204)
  async delete(@CurrentCaller() caller: Caller, @Param('id') id: string) {
    await this.ports.delete(caller, id);
  }

  private async renderOne(caller: Caller, port: Port) {
    const [rendered] = await this.render(caller, [port]);
    return { port: rendered! };
  }

  private async render({ isAdmin }: Caller, ports: Port[]) {
    const hosts = isAdmin ? await this.hosts.byIds(ports.map((port) => port.hostId)) : new Map<string, never>();
    return ports.map((port) => renderPort(port, hosts.get(port.hostId ?? '')?.name ?? '', isAdmin));
  }
}

function changeOf(body: PortBody): PortChange {
  if ((body['binding:vnic_type'] ?? 'normal') !== 'normal') throw new InvalidInputError('binding:vnic_type', 'normal');
  const { name, description, admin_state_up, port_security_enabled, device_id, device_owner, security_groups } = body;
  const device = { deviceId: device_id, deviceOwner: device_owner, host: body['binding:host_id'] };
  return given({
    name,
    description,
    adminStateUp: admin_state_up,
    portSecurityEnabled: port_security_enabled,
    securityGroups: security_groups,
    ...device,
  });
}
