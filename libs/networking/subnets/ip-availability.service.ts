import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { NotFoundError } from '#libs/common/errors';
import { UUID } from '#libs/common/names';
import { page, permittedPage } from '#libs/database/paging';
import type { PageRequest } from '#libs/database/paging';
import { allows, ownOf, requireAllowed } from '#libs/policy/policy';
import { networkTarget } from '../network-target.js';
import { Network } from '../networks/network.entity.js';
import { addressesIn } from './address-pools.js';
import type { AllocationPool } from './subnet.entity.js';

/** How many addresses a subnet gives out, and how many ports have. */
export interface SubnetAvailability {
  id: string;
  name: string;
  cidr: string;
  ipVersion: 4 | 6;
  total: bigint;
  used: bigint;
}

export interface NetworkAvailability {
  network: Pick<Network, 'id' | 'name' | 'projectId'>;
  subnets: SubnetAvailability[];
}

type Row = Omit<SubnetAvailability, 'total' | 'used'> & { networkId: string; pools: AllocationPool[]; used: string };

/** Index subnets_of_network; ip_allocations by its primary key (subnet_id first). */
const SUBNETS = `
  SELECT s.id, s.network_id AS "networkId", s.name, s.cidr, s.ip_version AS "ipVersion", s.allocation_pools AS pools,
         (SELECT count(*) FROM ip_allocations a WHERE a.subnet_id = s.id) AS used
    FROM subnets s WHERE s.network_id = ANY($1::uuid[]) AND s.ip_version = ANY($2::int[]) ORDER BY s.created_at, s.id`;

const columns = { id: 'x.id', network_id: 'x.id', network_name: 'x.name', name: 'x.name', project_id: 'x.project_id' };

/** Used and free addresses of networks, for operators (Neutron API: /v2.0/network-ip-availabilities). */
@Injectable()
export class IpAvailabilities {
  constructor(private readonly database: DataSource) {}

  /** One page by network; of each the subnets of these IP versions. Throws PolicyDeniedError. */
  async list(
    caller: Caller,
    request: PageRequest,
    versions: readonly number[] = [4, 6],
  ): Promise<NetworkAvailability[]> {
    requireAllowed(caller, 'get_network_ip_availability', ownOf(caller));
    const read = (one: PageRequest) =>
      page('Network', this.database.manager.createQueryBuilder(Network, 'x'), columns, one);
    const may = (network: Network) => allows(caller, 'get_network_ip_availability', networkTarget(network));
    const networks = await permittedPage(request, read, may);
    const rows = await this.database.query<Row[]>(SUBNETS, [networks.map(({ id }) => id), versions]);
    const byNetwork = Map.groupBy(rows, ({ networkId }) => networkId);
    return networks.map((network) => ({ network, subnets: (byNetwork.get(network.id) ?? []).map(availabilityOf) }));
  }

  /** Throws PolicyDeniedError, NotFoundError. */
  async get(caller: Caller, networkId: string): Promise<NetworkAvailability> {
    const request = { filters: { id: [networkId] }, limit: 1 };
    const [found] = UUID.test(networkId) ? await this.list(caller, request) : [];
    if (!found) throw new NotFoundError('Network', networkId);
    return found;
  }
}

function availabilityOf({ id, name, cidr, ipVersion, pools, used }: Row): SubnetAvailability {
  return { id, name, cidr, ipVersion, total: addressesIn(pools), used: BigInt(used) };
}
