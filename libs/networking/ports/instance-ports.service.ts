import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { InvalidInputError, NotFoundError } from '#libs/common/errors';
import { allows } from '#libs/policy/policy';
import { withCommit } from '#libs/database/transactions';
import { newId } from '#libs/common/ids';
import { UUID } from '#libs/common/names';
import { defaultNetworks, usableNetworks } from '../networks/usable-networks.js';
import type { NetworkPools } from '../networks/usable-networks.js';
import { NetworkAmbiguousError, PortInUseError } from '../networking.errors.js';
import { allocateAddresses, allocateDefaults } from './address-allocation.js';
import { COMPUTE_OWNER, deviceOf } from './port-device.js';
import { defaultGroupId } from '../security-groups/default-group.js';
import { groupsByName } from '../security-groups/named-groups.js';
import { insertNewPorts } from './port-rows.js';
import { requireMaySet } from './port-rules.js';
import { Port } from './port.entity.js';
import type { PortStatus } from './port.entity.js';

/** A NIC asked for: on a network (with an address, where one is named), or a port that exists. */
export interface RequestedNic {
  networkId?: string;
  portId?: string;
  fixedIp?: string;
}

/** NICs asked for, with the networks they are on. */
export interface NicPlan {
  nics: readonly RequestedNic[];
  networks: ReadonlyMap<string, NetworkPools>;
  /** Ids of the security groups of the ports that are made. */
  groups: readonly string[];
}

/**
 * The ports of instances. Every method runs in the transaction that changes the instance. Only this service writes
 * `instance_id`.
 */
@Injectable()
export class InstancePorts {
  /**
   * Looks up what a new instance's NICs ask for, and locks the networks against deletion. `auto`: the project's only
   * network; without a network the instance gets no NIC. `groups`: names or ids of security groups; none: the default
   * one. Throws NetworkAmbiguousError, NotFoundError, InvalidInputError, GroupNameAmbiguousError.
   */
  async plan(
    tx: EntityManager,
    caller: Caller,
    requested: 'auto' | 'none' | RequestedNic[],
    groups: readonly string[] = [],
  ): Promise<NicPlan> {
    const named = await groupsByName(tx, caller.projectId, groups);
    const plan = await this.networksFor(tx, caller, requested);
    const isFiltered = [...plan.networks.values()].some(({ portSecurityEnabled }) => portSecurityEnabled);
    return { ...plan, groups: named.length || !isFiltered ? named : [await defaultGroupId(tx, caller.projectId)] };
  }

  private async networksFor(
    tx: EntityManager,
    caller: Caller,
    requested: 'auto' | 'none' | RequestedNic[],
  ): Promise<Omit<NicPlan, 'groups'>> {
    if (requested === 'none') return { nics: [], networks: new Map() };
    if (requested !== 'auto') return { nics: requested, networks: await networksOf(tx, caller, requested) };
    const found = await defaultNetworks(tx, caller);
    if (found.length > 1) throw new NetworkAmbiguousError();
    const nics = found.map((network) => ({ networkId: network.id }));
    return { nics, networks: new Map(found.map((network) => [network.id, network])) };
  }

  /**
   * Makes the NICs of new instances in the order asked for: one statement for the addresses of each subnet, one for all
   * ports. Throws NotFoundError (port), PortInUseError, NoFreeAddressError, AddressInUseError, InvalidInputError, and
   * ForbiddenError where an address is named on a network of another project.
   */
  async allocateForInstances(
    tx: EntityManager,
    caller: Caller,
    instanceIds: readonly string[],
    plan: NicPlan,
  ): Promise<Port[]> {
    return this.allocate(tx, caller, instanceIds, plan, 0);
  }

  /**
   * Nova API: os-interface. Adds a NIC after the ones that the instance has. Throws as `plan` and
   * `allocateForInstances`.
   */
  async attach(tx: EntityManager, caller: Caller, instanceId: string, requested: RequestedNic): Promise<Port> {
    const [last] = await tx.query<{ next: number }[]>(
      'SELECT coalesce(max(device_index) + 1, 0) AS next FROM ports WHERE instance_id = $1',
      [instanceId],
    );
    const plan = await this.plan(tx, caller, [requested]);
    const [port] = await this.allocate(tx, caller, [instanceId], plan, last!.next);
    return port!;
  }

  /** Deletes the ports that were made for the instance, with their addresses; unplugs its other ports. Idempotent. */
  async releaseForInstance(tx: EntityManager, instanceId: string): Promise<void> {
    await release(tx, 'instance_id = $1', [instanceId]);
  }

  /** Removes one NIC from the instance, as `releaseForInstance` does all. Throws NotFoundError. */
  async detach(tx: EntityManager, instanceId: string, portId: string): Promise<void> {
    if (!UUID.test(portId) || !(await tx.existsBy(Port, { id: portId, instanceId })))
      throw new NotFoundError('Port', portId);
    await release(tx, 'instance_id = $1 AND id = $2', [instanceId, portId]);
  }

  /** Neutron API: binding:host_id. Binds every port of the instance to this host (null: to none). */
  async bind(tx: EntityManager, instanceId: string, hostId: string | null, status: PortStatus = 'DOWN'): Promise<void> {
    // Index ports_of_instance.
    await tx.query('UPDATE ports SET host_id = $2, status = $3, updated_at = now() WHERE instance_id = $1', [
      instanceId,
      hostId,
      status,
    ]);
  }

  /** The instance runs, so its ports are ACTIVE. */
  async activate(tx: EntityManager, instanceId: string): Promise<void> {
    await this.setStatus(tx, instanceId, 'ACTIVE');
  }

  /** Neutron API: status of every port of the instance. */
  async setStatus(tx: EntityManager, instanceId: string, status: PortStatus): Promise<void> {
    await tx.query('UPDATE ports SET status = $2, updated_at = now() WHERE instance_id = $1', [instanceId, status]);
  }

  private async allocate(
    tx: EntityManager,
    caller: Caller,
    instanceIds: readonly string[],
    { nics, networks, groups }: NicPlan,
    firstIndex: number,
  ): Promise<Port[]> {
    const result: Port[] = [];
    const made: Port[] = [];
    for (const [n, { portId, networkId, fixedIp }] of nics.entries()) {
      const devices = instanceIds.map((instanceId) => deviceFor(instanceId, firstIndex + n));
      if (portId) {
        result.push(await this.take(tx, caller, requireUuid('networks.port', portId), devices[0]));
        continue;
      }
      const ports = await this.make(tx, caller, networks.get(networkId!)!, devices, groups, fixedIp);
      made.push(...ports);
      result.push(...ports);
    }
    await withCommit(tx, insertNewPorts(tx, made));
    return result;
  }

  /** Makes one port for each device. Where an address is named, there is one device only. */
  private async make(
    tx: EntityManager,
    caller: Caller,
    network: NetworkPools,
    devices: readonly Partial<Port>[],
    groups: readonly string[],
    fixedIp?: string,
  ): Promise<Port[]> {
    const { id: networkId, subnets, portSecurityEnabled } = network;
    const ids = devices.map(() => newId());
    const wanted = fixedIp ? [{ address: fixedIp }] : undefined;
    requireMaySet(caller, network, 'create_port', { fixedIps: wanted });
    const given = wanted
      ? new Map([[ids[0], await allocateAddresses(tx, networkId, ids[0], subnets, wanted)]])
      : await allocateDefaults(tx, networkId, ids, subnets);
    return devices.map((device, at) => {
      const securityGroupIds = portSecurityEnabled ? [...groups] : [];
      const own = { projectId: caller.projectId, networkId, portSecurityEnabled };
      const owned = { ...own, securityGroupIds, ownedByInstance: true };
      return Object.assign(new Port(), fresh, owned, device, { id: ids[at], fixedIps: given.get(ids[at])! });
    });
  }

  /** Makes a port that exists a NIC of the instance. Throws NotFoundError, PortInUseError, ForbiddenError. */
  private async take(tx: EntityManager, caller: Caller, id: string, device: Partial<Port>): Promise<Port> {
    const port = await tx.findOne(Port, { where: { id }, lock: { mode: 'pessimistic_write' } });
    if (!port || !allows(caller, 'update_port', { project_id: port.projectId })) throw new NotFoundError('Port', id);
    const { id: used } = deviceOf(port);
    if (used || port.hostId) throw new PortInUseError(id, used || 'a host');
    if (!port.fixedIps.length)
      throw new InvalidInputError('networks.port', `a port with a fixed IP address, not ${id}`);
    await tx.update(Port, { id }, device);
    return Object.assign(port, device);
  }
}

/** One statement: deletes the rows and addresses of owned ports, and empties the device of the others. */
async function release(tx: EntityManager, where: string, values: string[]): Promise<void> {
  await tx.query(
    `WITH gone AS (DELETE FROM ports WHERE ${where} AND owned_by_instance RETURNING id),
          freed AS (DELETE FROM ip_allocations WHERE port_id IN (SELECT id FROM gone))
     UPDATE ports SET instance_id = NULL, device_id = '', device_owner = '', device_index = 0, host_id = NULL,
            status = 'DOWN', updated_at = now()
      WHERE ${where} AND NOT owned_by_instance`,
    values,
  );
}

function requireEachOnce(requested: readonly RequestedNic[]): void {
  const ids = requested.flatMap(({ portId }) => portId ?? []);
  const twice = ids.find((id, n) => ids.indexOf(id) < n);
  if (twice !== undefined) throw new InvalidInputError('networks.port', `each port once, not ${twice} twice`);
}

/** On no host, and of no name. */
const fresh = {
  name: '',
  description: '',
  tags: [],
  hostId: null,
  status: 'DOWN',
  adminStateUp: true,
  servesDhcp: false,
  allowedAddressPairs: [],
} satisfies Partial<Port>;

const deviceFor = (instanceId: string, deviceIndex: number): Partial<Port> => ({
  instanceId,
  deviceId: instanceId,
  deviceOwner: COMPUTE_OWNER,
  deviceIndex,
});

/**
 * The networks that the NICs name, by id. Throws NotFoundError, and InvalidInputError for a network without a subnet.
 */
async function networksOf(
  tx: EntityManager,
  caller: Caller,
  requested: readonly RequestedNic[],
): Promise<Map<string, NetworkPools>> {
  requireEachOnce(requested);
  const ids = requested.filter((nic) => !nic.portId).map(({ networkId }) => requireUuid('networks.uuid', networkId));
  const networks = await usableNetworks(tx, caller, ids);
  for (const id of ids) {
    const network = networks.get(id);
    if (!network) throw new NotFoundError('Network', id);
    if (!network.subnets.length) throw new InvalidInputError('networks', `a network with a subnet, not ${id}`);
  }
  return networks;
}

function requireUuid(field: string, value: string | undefined): string {
  if (value === undefined || !UUID.test(value)) throw new InvalidInputError(field, 'a UUID');
  return value;
}
