import { randomUUID } from 'node:crypto';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import { Host } from '#libs/fleet/hosts/host.entity';
import { Image } from '#libs/images/image.entity';
import { first } from './api-world.js';
import type { ApiWorld, Person } from './api-world.js';

/** What servers of a project are made from. */
export interface Tenant {
  imageId: string;
  networkId: string;
  subnetId: string;
}

/** An image and a network of the person's project. */
export async function seedTenant(world: ApiWorld, { token, projectId }: Person, cidr: string): Promise<Tenant> {
  const imageId = randomUUID();
  await world.database.manager.insert(Image, {
    id: imageId,
    name: 'busybox',
    projectId,
    status: 'active',
    visibility: 'private',
    sha256: 'a'.repeat(64),
    size: 1,
  });
  const network = await world.must('POST', '/networking/v2.0/networks', { token, body: { network: { name: 'net' } } });
  const networkId = String(network.network!.id);
  const body = { subnet: { network_id: networkId, cidr } };
  const subnet = await world.must('POST', '/networking/v2.0/subnets', { token, body });
  return { imageId, networkId, subnetId: String(subnet.subnet!.id) };
}

/** Makes a flavor that all projects may use; making it again is a success. */
export async function seedFlavor(world: ApiWorld, admin: string): Promise<void> {
  const flavor = { id: 'tiny', name: 'm1.tiny', ram: 64, vcpus: 1, disk: 1 };
  await world.must('POST', '/compute/v2.1/flavors', { token: admin, body: { flavor } });
}

export function serverOf({ imageId, networkId }: Tenant, more: object = {}): { server: object } {
  return { server: { name: 'web', imageRef: imageId, flavorRef: 'tiny', networks: [{ uuid: networkId }], ...more } };
}

/** Makes a server that the database shows as ACTIVE on the host. */
export async function activeServer(world: ApiWorld, token: string, tenant: Tenant, host: string): Promise<string> {
  const { server } = await world.must('POST', '/compute/v2.1/servers', { token, body: serverOf(tenant) });
  const id = String(server!.id);
  const { id: hostId } = await world.database.manager.findOneByOrFail(Host, { name: host });
  const transitions = new InstanceTransitions();
  await world.database.transaction(async (tx) => {
    await transitions.markPlaced(tx, id, hostId);
    await transitions.finishBuild(tx, id, hostId);
  });
  return id;
}

export { first };
