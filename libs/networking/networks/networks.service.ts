import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { lock } from '#libs/database/advisory-locks';
import type { Caller } from '#libs/common/caller';
import { InvalidInputError, NotFoundError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { UUID } from '#libs/common/names';
import { namesColumn, permittedPage } from '#libs/database/paging';
import type { PageRequest } from '#libs/database/paging';
import { visiblePage } from '../visible-page.js';
import { networkTarget } from '../network-target.js';
import { allows, ownOf, requireAllowed } from '#libs/policy/policy';
import { removeDhcpPort } from '../ports/dhcp-port.js';
import { NetworkInUseError } from '../networking.errors.js';
import { requireRevision, standardColumns } from '../standard-attributes.js';
import { SharedNetworkInUseError } from '../rbac-policies/rbac-policies.errors.js';
import { EVERYBODY } from '../rbac-policies/rbac-policy.entity.js';
import { isUsedThrough, noteSharing, sharedWith } from '../rbac-policies/shared-networks.js';
import { Network } from './network.entity.js';

export type NetworkChange = Partial<
  Pick<Network, 'name' | 'description' | 'shared' | 'mtu' | 'adminStateUp' | 'portSecurityEnabled'>
>;
export type NewNetwork = NetworkChange & Partial<Pick<Network, 'vni' | 'projectId'>>;
/** `showsProvider`: who asks may see what is the provider's. */
export type NetworkView = Network & { subnetIds: string[]; showsProvider: boolean };

const FIRST_VNI = 1_000;
const LAST_VNI = 16_777_215;

/** With all projects, or with the caller's. */
const SHARED = `(x.shared OR ${sharedWith('x.id', ':projectId')})`;

const columns = {
  ...standardColumns,
  shared: SHARED,
  admin_state_up: 'x.admin_state_up',
  vni: 'x.vni',
  mtu: 'x.mtu',
  port_security_enabled: 'x.port_security_enabled',
};

type NetworkRule = 'update_network' | 'delete_network' | 'create_subnet';

/** Networks as users see them (Neutron API: /v2.0/networks). */
@Injectable()
export class Networks {
  constructor(private readonly database: DataSource) {}

  /** The networks that the caller's project owns or that are shared; all networks for administrators. */
  async list(caller: Caller, request: PageRequest): Promise<NetworkView[]> {
    if (namesColumn(request, 'vni')) requireAllowed(caller, 'get_network:provider:segmentation_id', ownOf(caller));
    const read = (one: PageRequest) => this.read(caller, one);
    const may = (network: Network) => allows(caller, 'get_network', networkTarget(network));
    return this.viewsOf(caller, await permittedPage(request, read, may));
  }

  private async read(caller: Caller, request: PageRequest): Promise<Network[]> {
    const query = this.database.manager.createQueryBuilder(Network, 'x');
    const networks = await visiblePage('Network', query, caller, columns, request, SHARED);
    await noteSharing(this.database.manager, caller, networks);
    return networks;
  }

  /** Throws NotFoundError, also for a network that the caller may not see. */
  async get(caller: Caller, id: string): Promise<NetworkView> {
    const [view] = await this.viewsOf(caller, [await findNetwork(this.database.manager, caller, id)]);
    return view!;
  }

  /**
   * Neutron API: POST /networks. Takes the VNI asked for, or the lowest free one from 1000 on. Throws
   * PolicyDeniedError, InvalidInputError, ConflictError.
   */
  async create(caller: Caller, wanted: NewNetwork): Promise<NetworkView> {
    const target = { project_id: wanted.projectId ?? caller.projectId };
    requireAllowed(caller, 'create_network', target);
    if (wanted.shared) requireAllowed(caller, 'create_network:shared', target);
    if (wanted.vni !== undefined) requireAllowed(caller, 'create_network:provider:segmentation_id', target);
    requireMtu(wanted.mtu);
    const { vni: asked, ...rest } = wanted;
    const network = await this.database.transaction(async (tx) => {
      const vni = await takeVni(tx, asked);
      const row = tx.create(Network, { id: newId(), name: '', projectId: caller.projectId, ...rest, vni });
      return tx.save(row);
    });
    return (await this.viewsOf(caller, [network]))[0]!;
  }

  /**
   * Neutron API: PUT /networks/{id}. `revision`: the one that it must have. Throws NotFoundError, PolicyDeniedError,
   * InvalidInputError, RevisionMismatchError, SharedNetworkInUseError.
   */
  async update(caller: Caller, id: string, change: NetworkChange, revision?: number): Promise<NetworkView> {
    requireMtu(change.mtu);
    const network = await this.database.transaction(async (tx) => {
      const present = await findOwnNetwork(tx, caller, id, 'update_network', revision);
      if (change.shared) requireAllowed(caller, 'update_network:shared', networkTarget(present));
      if (change.shared === false && present.shared) await requireUsedByOwner(tx, present);
      return tx.save(Object.assign(present, change));
    });
    const [view] = await this.viewsOf(caller, [network]);
    return view!;
  }

  /**
   * Neutron API: DELETE /networks/{id}. Deletes its subnets too. Throws NotFoundError, PolicyDeniedError,
   * RevisionMismatchError, and NetworkInUseError where the network has other ports than its DHCP port.
   */
  async delete(caller: Caller, id: string, revision?: number): Promise<void> {
    await this.database.transaction(async (tx) => {
      await findOwnNetwork(tx, caller, id, 'delete_network', revision);
      // Waits for transactions that are making a port on the network: they hold its row FOR KEY SHARE.
      await tx.query('SELECT 1 FROM networks WHERE id = $1 FOR UPDATE', [id]);
      const others = 'SELECT 1 FROM ports WHERE network_id = $1 AND NOT serves_dhcp LIMIT 1';
      if ((await tx.query<unknown[]>(others, [id])).length) throw new NetworkInUseError(id);
      await removeDhcpPort(tx, id);
      await tx.query('DELETE FROM subnets WHERE network_id = $1', [id]);
      await tx.delete(Network, { id });
    });
  }

  private async viewsOf(caller: Caller, networks: Network[]): Promise<NetworkView[]> {
    // Index subnets_of_network.
    const rows = await this.database.query<{ id: string; network_id: string }[]>(
      'SELECT id, network_id FROM subnets WHERE network_id = ANY($1::uuid[]) ORDER BY created_at, id',
      [networks.map((network) => network.id)],
    );
    const byNetwork = Map.groupBy(rows, (row) => row.network_id);
    return networks.map((network) => ({
      ...network,
      subnetIds: (byNetwork.get(network.id) ?? []).map((subnet) => subnet.id),
      showsProvider: allows(caller, 'get_network:provider:segmentation_id', networkTarget(network)),
    }));
  }
}

/** Throws NotFoundError, also for a network that the caller may not see. */
export async function findNetwork(tx: EntityManager, caller: Caller, id: string): Promise<Network> {
  const network = UUID.test(id) ? await tx.findOneBy(Network, { id }) : null;
  if (network) await noteSharing(tx, caller, [network]);
  if (!network || !allows(caller, 'get_network', networkTarget(network))) throw new NotFoundError('Network', id);
  return network;
}

/**
 * The network, where the caller may do to it what `rule` says; with a `revision` locked. Throws NotFoundError,
 * PolicyDeniedError, RevisionMismatchError.
 */
export async function findOwnNetwork(
  tx: EntityManager,
  caller: Caller,
  id: string,
  rule: NetworkRule,
  revision?: number,
): Promise<Network> {
  const network = await findNetwork(tx, caller, id);
  requireAllowed(caller, rule, networkTarget(network));
  await requireRevision(tx, Network, id, revision);
  return network;
}

/** Throws SharedNetworkInUseError where projects that would lose the network have ports on it. */
async function requireUsedByOwner(tx: EntityManager, network: Network): Promise<void> {
  await tx.query('SELECT 1 FROM networks WHERE id = $1 FOR UPDATE', [network.id]);
  if (await isUsedThrough(tx, network, EVERYBODY)) throw new SharedNetworkInUseError(network.id);
}

async function takeVni(tx: EntityManager, asked: number | undefined): Promise<number> {
  if (asked !== undefined && !(asked >= 1 && asked <= LAST_VNI))
    throw new InvalidInputError('vni', `an integer from 1 to ${LAST_VNI}`);
  await lock(tx, 'vni');
  const [row] = await tx.query<{ vni: number }[]>(
    asked === undefined
      ? `SELECT c.vni FROM (SELECT ${FIRST_VNI} AS vni UNION ALL SELECT vni + 1 FROM networks WHERE vni >= ${FIRST_VNI}) c
          WHERE NOT EXISTS (SELECT 1 FROM networks n WHERE n.vni = c.vni) AND c.vni <= ${LAST_VNI} ORDER BY 1 LIMIT 1`
      : `SELECT ${asked} AS vni WHERE NOT EXISTS (SELECT 1 FROM networks WHERE vni = ${asked})`,
  );
  if (!row) throw new InvalidInputError('vni', 'a VNI that no network has');
  return row.vni;
}

function requireMtu(mtu: number | undefined): void {
  if (mtu !== undefined && !(Number.isInteger(mtu) && mtu >= 576 && mtu <= 9_000))
    throw new InvalidInputError('mtu', 'an integer from 576 to 9000');
}
