import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { InvalidInputError, NotFoundError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { UUID } from '#libs/common/names';
import { permittedPage } from '#libs/database/paging';
import type { PageRequest } from '#libs/database/paging';
import { visiblePage } from '../visible-page.js';
import { Network } from '../networks/network.entity.js';
import { networkTarget } from '../network-target.js';
import { allows, requireAllowed } from '#libs/policy/policy';
import { findOwnNetwork } from '../networks/networks.service.js';
import { AddressInUseError, SubnetInUseError } from '../networking.errors.js';
import { settleDhcpPort } from '../ports/dhcp-port.js';
import { noteSharing, sharedWith } from '../rbac-policies/shared-networks.js';
import { GatewayInUseError } from '../routers/router.errors.js';
import { requireRevision, standardColumns } from '../standard-attributes.js';
import { takePrefix } from '../subnet-pools/pool-allocation.js';
import type { WantedPrefix } from '../subnet-pools/pool-allocation.js';
import { PoolAffinityError } from '../subnet-pools/subnet-pool.errors.js';
import { overlaps, parseAddress, parseCidr, renderAddress, renderCidr } from './cidr.js';
import type { Cidr } from './cidr.js';
import { requireUnicast } from './refused-ranges.js';
import { defaultGateway, poolsOf } from './subnet-plan.js';
import { dhcpSettings } from './subnet-settings.js';
import type { DhcpSettings } from './subnet-settings.js';
import { Subnet } from './subnet.entity.js';
import type { AllocationPool } from './subnet.entity.js';

export interface SubnetChange extends DhcpSettings {
  name?: string;
  description?: string;
  enableDhcp?: boolean;
  /** Null: the subnet has no gateway; absent: the first usable address. */
  gatewayIp?: string | null;
}

export interface NewSubnet extends SubnetChange, WantedPrefix {
  networkId: string;
  /** Administrators only; absent: the network's project. */
  projectId?: string;
  allocationPools?: AllocationPool[];
}

/** Whether the network is shared: with all projects, or with the caller's. */
const SHARED = `((SELECT n.shared FROM networks n WHERE n.id = x.network_id) OR ${sharedWith('x.network_id', ':projectId')})`;

const columns = {
  ...standardColumns,
  network_id: 'x.network_id',
  ip_version: 'x.ip_version',
  cidr: 'x.cidr',
  subnetpool_id: 'x.subnetpool_id',
  gateway_ip: `coalesce(x.gateway_ip, '')`,
  enable_dhcp: 'x.enable_dhcp',
  shared: SHARED,
};

type SubnetRule = 'update_subnet' | 'delete_subnet';

/** Subnets as users see them (Neutron API: /v2.0/subnets). */
@Injectable()
export class Subnets {
  constructor(private readonly database: DataSource) {}

  /** One page of the subnets of the caller's project and of shared networks; of all for administrators. */
  async list(caller: Caller, request: PageRequest): Promise<Subnet[]> {
    const networks = new Map<string, Network>();
    const read = async (one: PageRequest) => {
      const subnets = await this.read(caller, one);
      const ids = [...new Set(subnets.map(({ networkId }) => networkId))];
      const found = await this.database.manager.findBy(Network, { id: In(ids) });
      await noteSharing(this.database.manager, caller, found);
      for (const network of found) networks.set(network.id, network);
      return subnets;
    };
    const may = (subnet: Subnet) =>
      networks.has(subnet.networkId) &&
      allows(caller, 'get_subnet', networkTarget(networks.get(subnet.networkId)!, subnet));
    return permittedPage(request, read, may);
  }

  private async read(caller: Caller, request: PageRequest): Promise<Subnet[]> {
    const query = this.database.manager.createQueryBuilder(Subnet, 'x');
    return visiblePage('Subnet', query, caller, columns, request, SHARED);
  }

  /** Throws NotFoundError, also for a subnet that the caller may not see. */
  async get(caller: Caller, id: string): Promise<Subnet> {
    const [subnet] = UUID.test(id) ? await this.list(caller, { filters: { id: [id] }, limit: 1 }) : [];
    if (!subnet) throw new NotFoundError('Subnet', id);
    return subnet;
  }

  /**
   * Neutron API: POST /subnets. Throws NotFoundError, PolicyDeniedError, SubnetAllocationError, SubnetPoolQuotaError, and
   * InvalidInputError for fields that contradict each other and for a CIDR that overlaps another subnet of the network.
   */
  async create(caller: Caller, wanted: NewSubnet): Promise<Subnet> {
    if (wanted.cidr !== undefined) requireUnicast(parseCidr('cidr', wanted.cidr));
    return this.database.transaction(async (tx) => {
      const network = await findOwnNetwork(tx, caller, wanted.networkId, 'create_subnet');
      await tx.query('SELECT 1 FROM networks WHERE id = $1 FOR UPDATE', [network.id]);
      const projectId = subnetProject(caller, network, wanted.projectId);
      const { cidr, poolId } = await takePrefix(tx, caller, projectId, wanted);
      const subnet = subnetOf(cidr, wanted);
      await requireFit(tx, network.id, cidr, poolId);
      const own = { id: newId(), networkId: network.id, projectId, subnetPoolId: poolId };
      await countInNetwork(tx, network.id);
      const saved = await tx.save(tx.create(Subnet, { ...subnet, ...own }));
      await settleDhcpPort(tx, network);
      return saved;
    });
  }

  /**
   * Neutron API: PUT /subnets/{id}. CIDR and pools cannot change. Throws NotFoundError, PolicyDeniedError,
   * InvalidInputError, RevisionMismatchError, AddressInUseError for a gateway that is a port's address, and GatewayInUseError where a router has
   * the present one.
   */
  async update(caller: Caller, id: string, change: SubnetChange, revision?: number): Promise<Subnet> {
    return this.database.transaction(async (tx) => {
      const { subnet, network } = await this.findOwn(tx, caller, id, 'update_subnet');
      // Waits for transactions that are making a port on the network (they hold its row FOR KEY SHARE): one may take
      // this address.
      await tx.query('SELECT 1 FROM networks WHERE id = $1 FOR UPDATE', [subnet.networkId]);
      await requireRevision(tx, Subnet, id, revision);
      await countInNetwork(tx, subnet.networkId);
      const cidr = parseCidr('cidr', subnet.cidr);
      const before = subnet.gatewayIp;
      Object.assign(subnet, dhcpSettings(cidr, change));
      subnet.gatewayIp = gatewayOf(subnet.gatewayIp);
      if (before !== null && subnet.gatewayIp !== before) await requireNoRouter(tx, id, before);
      if (change.gatewayIp && subnet.gatewayIp !== before) {
        await requireUnused(tx, subnet);
        poolsOf(cidr, subnet.gatewayIp, subnet.allocationPools);
      }
      const saved = await tx.save(subnet);
      if (change.enableDhcp !== undefined) await settleDhcpPort(tx, network);
      return saved;
    });
  }

  /**
   * Neutron API: DELETE /subnets/{id}. Throws NotFoundError, PolicyDeniedError, RevisionMismatchError, and
   * SubnetInUseError where a port other than the DHCP port has one of its addresses.
   */
  async delete(caller: Caller, id: string, revision?: number): Promise<void> {
    await this.database.transaction(async (tx) => {
      const { subnet, network } = await this.findOwn(tx, caller, id, 'delete_subnet');
      await tx.query('SELECT 1 FROM networks WHERE id = $1 FOR UPDATE', [subnet.networkId]);
      await requireRevision(tx, Subnet, id, revision);
      await countInNetwork(tx, subnet.networkId);
      // Addresses of deleted ports do not count, although a host may still be unplugging them.
      const used = await tx.query<unknown[]>(
        `SELECT 1 FROM ip_allocations a JOIN ports p ON p.id = a.port_id
          WHERE a.subnet_id = $1 AND NOT p.serves_dhcp LIMIT 1`,
        [id],
      );
      if (used.length) throw new SubnetInUseError(id);
      await tx.delete(Subnet, { id });
      await settleDhcpPort(tx, network);
    });
  }

  /** The subnet, where the caller may do to it what `rule` says. Throws NotFoundError, PolicyDeniedError. */
  private async findOwn(
    tx: EntityManager,
    caller: Caller,
    id: string,
    rule: SubnetRule,
  ): Promise<{ subnet: Subnet; network: Network }> {
    const subnet = await this.get(caller, id);
    const network = await tx.findOneByOrFail(Network, { id: subnet.networkId });
    requireAllowed(caller, rule, networkTarget(network, subnet));
    return { subnet: await tx.findOneByOrFail(Subnet, { id }), network };
  }
}

/** Neutron API: a network's revision_number counts changes of its subnets too. */
async function countInNetwork(tx: EntityManager, networkId: string): Promise<void> {
  await tx.query('UPDATE networks SET updated_at = now() WHERE id = $1', [networkId]);
}

/** The fields of a new subnet. Throws InvalidInputError where they contradict each other. */
function subnetOf(cidr: Cidr, wanted: NewSubnet): Partial<Subnet> {
  if (wanted.ipVersion !== undefined && wanted.ipVersion !== cidr.version)
    throw new InvalidInputError('ip_version', `${cidr.version}, as the CIDR is`);
  const gatewayIp = wanted.gatewayIp === undefined ? defaultGateway(cidr) : gatewayOf(wanted.gatewayIp);
  const allocationPools = poolsOf(cidr, gatewayIp, wanted.allocationPools);
  return { ...dhcpSettings(cidr, wanted), ipVersion: cidr.version, cidr: renderCidr(cidr), gatewayIp, allocationPools };
}

/** Throws InvalidInputError for a CIDR that overlaps another of the network, PoolAffinityError for one of another pool. */
async function requireFit(tx: EntityManager, networkId: string, cidr: Cidr, poolId: string | null): Promise<void> {
  for (const other of await tx.findBy(Subnet, { networkId })) {
    if (overlaps(parseCidr('cidr', other.cidr), cidr))
      throw new InvalidInputError('cidr', `one that does not overlap ${other.cidr} of subnet ${other.id}`);
    if (other.ipVersion === cidr.version && other.subnetPoolId !== poolId) throw new PoolAffinityError();
  }
}

function gatewayOf(text: string | null): string | null {
  if (text === null) return null;
  const { version, value } = parseAddress('gateway_ip', text);
  return renderAddress(version, value);
}

/** Throws AddressInUseError where a port has the gateway's address. */
async function requireUnused(tx: EntityManager, { id, networkId, gatewayIp }: Subnet): Promise<void> {
  const used = await tx.query<unknown[]>(
    'SELECT 1 FROM ip_allocations WHERE subnet_id = $1 AND ip_address = $2::inet',
    [id, gatewayIp],
  );
  if (used.length) throw new AddressInUseError(networkId, gatewayIp!);
}

/** Throws GatewayInUseError where a router's port has the subnet's gateway address. */
async function requireNoRouter(tx: EntityManager, subnetId: string, gateway: string): Promise<void> {
  const [port] = await tx.query<{ id: string }[]>(
    `SELECT p.id FROM ip_allocations a JOIN ports p ON p.id = a.port_id
      WHERE a.subnet_id = $1 AND a.ip_address = $2::inet AND p.router_id IS NOT NULL`,
    [subnetId, gateway],
  );
  if (port) throw new GatewayInUseError(gateway, port.id);
}

function subnetProject(caller: Caller, { projectId }: Network, asked = projectId): string {
  if (asked !== projectId) requireAllowed(caller, 'create_subnet:project_id', { project_id: asked });
  return asked;
}
