import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { InvalidInputError, NotFoundError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { UUID } from '#libs/common/names';
import { allows, requireAllowed } from '#libs/policy/policy';
import { networkTarget } from '../network-target.js';
import { usableNetworks } from '../networks/usable-networks.js';
import { PortInUseError } from '../networking.errors.js';
import { freeAddresses, takeGateway } from '../ports/address-allocation.js';
import { ROUTER_INTERFACE, deviceOf } from '../ports/port-device.js';
import { insertPorts } from '../ports/port-rows.js';
import { Port } from '../ports/port.entity.js';
import { overlaps, parseCidr } from '../subnets/cidr.js';
import { Subnet } from '../subnets/subnet.entity.js';
import { leadsThrough, subnetsOfRouter } from './extra-routes.js';
import { InterfaceInUseByRouteError, NoInterfaceOnSubnetError, NoSuchInterfaceError } from './router.errors.js';
import { SubnetMismatchError } from './router.errors.js';
import type { Router } from './router.entity.js';
import { findRouter } from './routers.service.js';

/** What a request names: a subnet, a port, or (to remove one) both. */
export interface InterfaceChoice {
  subnetId?: string;
  portId?: string;
}

/** An interface as a request made or removed it. */
export interface RouterInterface {
  router: Router;
  port: Port;
}

/**
 * The interfaces of routers: ports with `router_id`, which only this service writes. (Neutron API: add_router_interface,
 * remove_router_interface.)
 */
@Injectable()
export class RouterInterfaces {
  constructor(private readonly database: DataSource) {}

  /**
   * By a subnet: makes a port with the subnet's gateway address. By a port: takes it, with the addresses that it has.
   * Throws NotFoundError, PolicyDeniedError, PortInUseError, AddressInUseError, and InvalidInputError for a subnet
   * without a gateway or one that overlaps another of the router.
   */
  async add(caller: Caller, routerId: string, choice: InterfaceChoice): Promise<RouterInterface> {
    if ((choice.subnetId === undefined) === (choice.portId === undefined))
      throw new InvalidInputError('subnet_id', 'either subnet_id or port_id');
    return this.database.transaction(async (tx) => {
      const router = await findRouter(tx, caller, routerId, true);
      requireAllowed(caller, 'add_router_interface', { project_id: router.projectId });
      const port =
        choice.portId === undefined
          ? await makePort(tx, caller, router, choice.subnetId!)
          : await takePort(tx, caller, router, choice.portId);
      await countInRouter(tx, routerId);
      return { router, port };
    });
  }

  /**
   * Deletes the interface's port. Throws NotFoundError (also its subclasses for a subnet or port that is none of the
   * router's), PolicyDeniedError, SubnetMismatchError, InterfaceInUseByRouteError.
   */
  async remove(caller: Caller, routerId: string, choice: InterfaceChoice): Promise<RouterInterface> {
    if (choice.subnetId === undefined && choice.portId === undefined)
      throw new InvalidInputError('subnet_id', 'subnet_id or port_id');
    return this.database.transaction(async (tx) => {
      const router = await findRouter(tx, caller, routerId, true);
      requireAllowed(caller, 'remove_router_interface', { project_id: router.projectId });
      const port = await chosen(tx, router, choice);
      for (const { id, cidr } of await subnetsOf(tx, port))
        if (leadsThrough(router.routes, cidr)) throw new InterfaceInUseByRouteError(routerId, id);
      await freeAddresses(tx, port.id);
      await tx.delete(Port, { id: port.id });
      await countInRouter(tx, routerId);
      return { router, port };
    });
  }
}

/** Neutron API: a router's revision_number counts its interfaces too. */
async function countInRouter(tx: EntityManager, routerId: string): Promise<void> {
  await tx.query('UPDATE routers SET updated_at = now() WHERE id = $1', [routerId]);
}

/** The router's port on the subnet, with the subnet's gateway as its address. */
async function makePort(tx: EntityManager, caller: Caller, router: Router, subnetId: string): Promise<Port> {
  const subnet = UUID.test(subnetId) ? await tx.findOneBy(Subnet, { id: subnetId }) : null;
  const network = subnet && (await usableNetworks(tx, caller, [subnet.networkId])).get(subnet.networkId);
  if (!subnet || !network) throw new NotFoundError('Subnet', subnetId);
  // Whoever has the gateway's address has the traffic of everybody on the network.
  requireAllowed(caller, 'add_router_interface:gateway', networkTarget(network));
  if (!subnet.gatewayIp) throw new InvalidInputError('subnet_id', 'a subnet with a gateway IP');
  await requireApart(tx, router, [subnet]);
  const id = newId();
  const fixedIps = [await takeGateway(tx, subnet, id)];
  const owner = {
    projectId: router.projectId,
    networkId: subnet.networkId,
    fixedIps,
    portSecurityEnabled: false,
    securityGroupIds: [],
  };
  const port = tx.create(Port, { id, ...owner, hostId: null, ...deviceFields(router) });
  await insertPorts(tx, [port]);
  return tx.findOneByOrFail(Port, { id });
}

/** Makes a port that nobody uses the router's. */
async function takePort(tx: EntityManager, caller: Caller, router: Router, portId: string): Promise<Port> {
  const port = await lockedPort(tx, portId);
  if (!port || !allows(caller, 'update_port', { project_id: port.projectId })) throw new NotFoundError('Port', portId);
  const { id: user } = deviceOf(port);
  if (user || port.hostId) throw new PortInUseError(portId, user || 'a host');
  if (!port.fixedIps.length) throw new InvalidInputError('port_id', 'a port with at least one fixed IP');
  await requireApart(tx, router, await subnetsOf(tx, port));
  return tx.save(Object.assign(port, deviceFields(router), { portSecurityEnabled: false, securityGroupIds: [] }));
}

async function chosen(tx: EntityManager, router: Router, { subnetId, portId }: InterfaceChoice): Promise<Port> {
  if (portId !== undefined) {
    const port = await lockedPort(tx, portId);
    if (port?.routerId !== router.id) throw new NoSuchInterfaceError(router.id, portId);
    if (subnetId !== undefined && !port.fixedIps.some((ip) => ip.subnet_id === subnetId))
      throw new SubnetMismatchError(portId, subnetId);
    return port;
  }
  // Index ports_of_router.
  const ports = await tx.find(Port, { where: { routerId: router.id } });
  const port = ports.find(({ fixedIps }) => fixedIps.some((ip) => ip.subnet_id === subnetId));
  if (!port) throw new NoInterfaceOnSubnetError(router.id, subnetId!);
  return port;
}

/** Throws InvalidInputError where a subnet overlaps one that the router has. */
async function requireApart(tx: EntityManager, router: Router, subnets: readonly Subnet[]): Promise<void> {
  const present = await subnetsOfRouter(tx, router.id);
  for (const { id, cidr } of subnets)
    for (const other of present) {
      if (other.id === id)
        throw new InvalidInputError('subnet_id', `a subnet on which the router has no port yet, not ${id}`);
      if (overlaps(parseCidr('cidr', cidr), parseCidr('cidr', other.cidr)))
        throw new InvalidInputError(
          'subnet_id',
          `a subnet apart from the router's others: ${cidr} overlaps ${other.cidr}`,
        );
    }
}

async function subnetsOf(tx: EntityManager, { fixedIps }: Port): Promise<Subnet[]> {
  return tx
    .createQueryBuilder(Subnet, 's')
    .whereInIds(fixedIps.map((ip) => ip.subnet_id))
    .getMany();
}

async function lockedPort(tx: EntityManager, id: string): Promise<Port | null> {
  return UUID.test(id) ? tx.findOne(Port, { where: { id }, lock: { mode: 'pessimistic_write' } }) : null;
}

/** A router's port is on every host that has its networks, so its binding is to none. */
const deviceFields = ({ id }: Router): Partial<Port> => ({
  routerId: id,
  deviceId: id,
  deviceOwner: ROUTER_INTERFACE,
  status: 'ACTIVE',
});
