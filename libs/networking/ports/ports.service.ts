import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { SERVICES_MAC } from '#libs/agent-protocol/services-mac';
import type { Caller } from '#libs/common/caller';
import { ForbiddenError, InvalidInputError, NotFoundError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { UUID } from '#libs/common/names';
import { namesColumn, permittedPage } from '#libs/database/paging';
import type { PageRequest } from '#libs/database/paging';
import { Host } from '#libs/fleet/hosts/host.entity';
import { Operations } from '#libs/operations/operations.service';
import type { CreateOperation } from '#libs/operations/operations.service';
import { allows, ownOf, requireAllowed } from '#libs/policy/policy';
import { visiblePage } from '../visible-page.js';
import { groupsOfChangedPort, groupsOfNewPort } from '../security-groups/port-groups.js';
import { checkedPairs } from './address-pairs.js';
import { usableNetworks } from '../networks/usable-networks.js';
import { Network } from '../networks/network.entity.js';
import { networkTarget } from '../network-target.js';
import { MacInUseError, PortInUseError } from '../networking.errors.js';
import { ServicePortError } from '../routers/router.errors.js';
import { requireRevision, standardColumns } from '../standard-attributes.js';
import { allocateAddresses, freeAddresses } from './address-allocation.js';
import type { WantedAddress } from './address-allocation.js';
import { requireUnicastMac } from './mac-address.js';
import { lockNetworkOfDhcpPort, settleDhcpPort } from './dhcp-port.js';
import { PORT } from './port-operations.js';
import type { BindPortInput, UnbindPortInput } from './port-operations.js';
import { deviceOf, requireDeviceKept } from './port-device.js';
import { insertPorts } from './port-rows.js';
import { shownStatusOf } from './port-status.js';
import { requireMaySet } from './port-rules.js';
import { Port } from './port.entity.js';
import type { AddressPair } from './port.entity.js';

export interface PortChange {
  name?: string;
  description?: string;
  adminStateUp?: boolean;
  portSecurityEnabled?: boolean;
  /** A label that plugs nothing. Read-only while the port is an instance's. */
  deviceId?: string;
  deviceOwner?: string;
  /** Ids of security groups. */
  securityGroups?: string[];
  allowedAddressPairs?: AddressPair[];
  /** Name of the host into which the port is plugged; '' for none. Administrators only. */
  host?: string;
}

export interface NewPort extends PortChange {
  networkId: string;
  /** Administrators only; absent: the caller's project. */
  projectId?: string;
  macAddress?: string;
  fixedIps?: WantedAddress[];
}

/** A port as who asks may see it: with the name of the host that it is bound to ('': none), or null where that is hidden. */
export type PortView = Port & { boundTo: string | null };

/** Neutron API: `fixed_ips` and `security_groups` of a list of ports. Each matches where one of its values does. */
export interface PortAddressFilter {
  addresses?: string[];
  addressParts?: string[];
  subnets?: string[];
  /** Ids. */
  securityGroups?: string[];
}

const columns = {
  ...standardColumns,
  network_id: 'x.network_id',
  mac_address: 'x.mac_address',
  device_id: 'x.device_id',
  device_owner: 'x.device_owner',
  port_security_enabled: 'x.port_security_enabled',
  status: shownStatusOf('x'),
  admin_state_up: 'x.admin_state_up',
  host: `coalesce((SELECT h.name FROM hosts h WHERE h.id = x.host_id), '')`,
};

/** Ports as users make them (Neutron API: /v2.0/ports). `InstancePorts` changes those of instances. */
@Injectable()
export class Ports {
  constructor(
    private readonly database: DataSource,
    private readonly operations: Operations,
  ) {}

  /**
   * One page of the ports of the caller's project; of all projects for administrators. Throws PolicyDeniedError where a
   * member filters by host.
   */
  async list(caller: Caller, request: PageRequest, having: PortAddressFilter = {}): Promise<PortView[]> {
    if (namesColumn(request, 'host')) requireAllowed(caller, 'get_port:binding:host_id', ownOf(caller));
    const read = (one: PageRequest) => this.read(caller, one, having);
    return this.viewsOf(
      caller,
      await permittedPage(request, read, (port) => allows(caller, 'get_port', targetOf(port))),
    );
  }

  private async read(caller: Caller, request: PageRequest, having: PortAddressFilter): Promise<Port[]> {
    const query = this.database.manager.createQueryBuilder(Port, 'x');
    withAddresses(query, having);
    return visiblePage('Port', query, caller, columns, request);
  }

  /** Throws NotFoundError, also for a port of another project. */
  async get(caller: Caller, id: string): Promise<PortView> {
    return this.viewOf(caller, await find(this.database.manager, caller, id));
  }

  private async viewOf(caller: Caller, port: Port): Promise<PortView> {
    return (await this.viewsOf(caller, [port]))[0]!;
  }

  private async viewsOf(caller: Caller, ports: Port[]): Promise<PortView[]> {
    const shown = ports.filter((port) => allows(caller, 'get_port:binding:host_id', targetOf(port)));
    const ids = [...new Set(shown.map(({ hostId }) => hostId))].filter((id) => id !== null);
    const hosts = ids.length ? await this.database.manager.findBy(Host, { id: In(ids) }) : [];
    const names = new Map(hosts.map(({ id, name }) => [id, name]));
    const open = new Set(shown);
    return ports.map((port) => ({ ...port, boundTo: open.has(port) ? (names.get(port.hostId ?? '') ?? '') : null }));
  }

  /**
   * Neutron API: POST /ports. With `host` it also makes the operation `port.bind`. Throws NotFoundError (network,
   * group), ForbiddenError, PolicyDeniedError, InvalidInputError, AddressInUseError, NoFreeAddressError, MacInUseError.
   */
  async create(caller: Caller, wanted: NewPort): Promise<PortView> {
    const { networkId, macAddress, fixedIps, host, projectId, securityGroups, allowedAddressPairs, ...rest } = wanted;
    const mac = macAddress === undefined ? undefined : requireUnicastMac('mac_address', macAddress);
    if (mac === SERVICES_MAC) throw new MacInUseError(networkId, mac);
    const made = await this.operations.transact(async (tx, create) => {
      const network = UUID.test(networkId) ? (await usableNetworks(tx, caller, [networkId])).get(networkId) : undefined;
      if (!network) throw new NotFoundError('Network', networkId);
      const owner = { projectId: projectId ?? caller.projectId };
      requireMaySet(caller, network, 'create_port', wanted);
      requireAllowed(caller, 'create_port', networkTarget(network, owner));
      const target = host ? await bindingHost(tx, host) : null;
      const id = newId();
      const port = tx.create(Port, {
        portSecurityEnabled: network.portSecurityEnabled,
        ...rest,
        id,
        ...owner,
        networkId,
        macAddress: mac,
        fixedIps: await allocateAddresses(tx, networkId, id, network.subnets, fixedIps),
        hostId: target?.id ?? null,
        status: target ? 'BUILD' : 'DOWN',
      });
      port.securityGroupIds = await groupsOfNewPort(tx, port, securityGroups);
      port.allowedAddressPairs = checkedPairs(port, allowedAddressPairs ?? []);
      await insertPorts(tx, [port]);
      if (target) await bind(create, caller, port);
      return tx.findOneByOrFail(Port, { id });
    });
    return this.viewOf(caller, made);
  }

  /**
   * Neutron API: PUT /ports/{id}. Another `host` unplugs the port where it is and plugs it in there. Throws as
   * `create`, RevisionMismatchError, and PortInUseError for the device of an instance's port.
   */
  async update(caller: Caller, id: string, wanted: PortChange, revision?: number): Promise<PortView> {
    const { host, securityGroups, allowedAddressPairs, ...change } = wanted;
    const changed = await this.operations.transact(async (tx, create) => {
      const { port, network } = await findOwn(tx, caller, id, 'update_port', revision);
      requireMaySet(caller, network, 'update_port', wanted);
      requireDeviceKept(port, change);
      Object.assign(port, change);
      port.securityGroupIds = await groupsOfChangedPort(tx, port, securityGroups);
      port.allowedAddressPairs = checkedPairs(port, allowedAddressPairs ?? port.allowedAddressPairs);
      const target = host ? await bindingHost(tx, host) : null;
      if (host === undefined || port.hostId === (target?.id ?? null)) return tx.save(port);
      if (port.instanceId) throw new ForbiddenError('The host of an instance follows from where the instance is.');
      if (port.routerId) throw new ForbiddenError("A router's port is on every host that has its networks.");
      if (port.servesDhcp) throw new ForbiddenError('A DHCP port is on every host that has its network.');
      if (port.hostId) await unbind(create, caller, port);
      const saved = await tx.save(
        Object.assign(port, { hostId: target?.id ?? null, status: target ? 'BUILD' : 'DOWN' }),
      );
      if (target) await bind(create, caller, saved);
      return saved;
    });
    return this.viewOf(caller, changed);
  }

  /**
   * Neutron API: DELETE /ports/{id}. The row is deleted at once. Where the port is plugged, `port.unbind` unplugs it
   * and only then frees its addresses, so that nobody gets an address that still answers. Throws PortInUseError for an
   * instance's port (Neutron unplugs it under the running guest), ServicePortError for a router's, RevisionMismatchError.
   * A DHCP port comes again at once, as Neutron's agent makes another.
   */
  async delete(caller: Caller, id: string, revision?: number): Promise<void> {
    await this.operations.transact(async (tx, create) => {
      await lockNetworkOfDhcpPort(tx, id);
      const { port, network } = await findOwn(tx, caller, id, 'delete_port', revision);
      if (port.instanceId) throw new PortInUseError(id, `instance ${port.instanceId}`);
      if (port.routerId) throw new ServicePortError(id, deviceOf(port).owner);
      if (port.hostId) await unbind(create, caller, port);
      else await freeAddresses(tx, id);
      await tx.delete(Port, { id });
      if (port.servesDhcp) await settleDhcpPort(tx, network);
    });
  }
}

function withAddresses(query: SelectQueryBuilder<Port>, having: PortAddressFilter): void {
  const { addresses, addressParts, subnets, securityGroups } = having;
  const has = (condition: string) => `EXISTS (SELECT 1 FROM ip_allocations a WHERE a.port_id = x.id AND ${condition})`;
  if (addresses) query.andWhere(has('host(a.ip_address) = ANY(:addresses)'), { addresses });
  if (subnets) query.andWhere(has('a.subnet_id = ANY(:subnets)'), { subnets: subnets.filter((id) => UUID.test(id)) });
  if (addressParts)
    query.andWhere(
      has(
        'EXISTS (SELECT 1 FROM unnest(CAST(:addressParts AS text[])) part WHERE position(part in host(a.ip_address)) > 0)',
      ),
      { addressParts },
    );
  if (securityGroups)
    query.andWhere('x.security_group_ids && :groups::uuid[]', { groups: securityGroups.filter((id) => UUID.test(id)) });
}

const targetOf = ({ projectId }: Port) => ({ project_id: projectId });

async function find(tx: EntityManager, caller: Caller, id: string, lock = false): Promise<Port> {
  const options = lock ? { lock: { mode: 'pessimistic_write' as const } } : {};
  const port = UUID.test(id) ? await tx.findOne(Port, { where: { id }, ...options }) : null;
  if (!port || !allows(caller, 'get_port', targetOf(port))) throw new NotFoundError('Port', id);
  return port;
}

/** To be changed by this rule, locked. Throws NotFoundError, PolicyDeniedError, RevisionMismatchError. */
async function findOwn(
  tx: EntityManager,
  caller: Caller,
  id: string,
  rule: 'update_port' | 'delete_port',
  revision?: number,
): Promise<{ port: Port; network: Network }> {
  const port = await find(tx, caller, id, true);
  const network = await tx.findOneByOrFail(Network, { id: port.networkId });
  requireAllowed(caller, rule, networkTarget(network, port));
  await requireRevision(tx, Port, id, revision);
  return { port, network };
}

async function bindingHost(tx: EntityManager, name: string): Promise<Host> {
  const host = await tx.findOneBy(Host, { name });
  if (!host) throw new InvalidInputError('host', `the name of a host, not ${name}`);
  return host;
}

async function bind(create: CreateOperation, caller: Caller, { id, hostId }: Port): Promise<void> {
  const input: BindPortInput = { hostId: hostId! };
  await create({ kind: 'port.bind', queue: 'instance', resourceType: PORT, resourceId: id, by: caller, input });
}

async function unbind(
  create: CreateOperation,
  caller: Caller,
  { id, hostId, networkId, macAddress }: Port,
): Promise<void> {
  const input: UnbindPortInput = { hostId: hostId!, networkId, macAddress };
  await create({ kind: 'port.unbind', queue: 'instance', resourceType: PORT, resourceId: id, by: caller, input });
}
