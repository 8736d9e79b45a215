import type { DataSource, EntityManager } from 'typeorm';
import { newId } from '#libs/common/ids';
import { Instance } from '#libs/compute/instances/instance.entity';
import { resourcesOfFlavor } from '#libs/compute/instances/instance-resources';
import { Image } from '#libs/images/image.entity';
import { Network } from '#libs/networking/networks/network.entity';
import { IpAllocation, Port } from '#libs/networking/ports/port.entity';
import { Subnet } from '#libs/networking/subnets/subnet.entity';

/** What every instance of a test belongs to. */
export interface Tenant {
  imageId: string;
  networkId: string;
  subnetId: string;
  addresses: number;
}

export async function seedTenant({ manager }: DataSource): Promise<Tenant> {
  const tenant = { imageId: newId(), networkId: newId(), subnetId: newId(), addresses: 0 };
  const projectId = 'p';
  const { imageId, networkId, subnetId } = tenant;
  await manager.save(
    manager.create(Image, {
      id: imageId,
      name: 'tiny',
      projectId,
      status: 'active',
      visibility: 'public',
      sha256: 'a'.repeat(64),
      size: 1,
    }),
  );
  await manager.save(manager.create(Network, { id: networkId, name: 'net', projectId, vni: 4711 }));
  await manager.save(manager.create(Subnet, { id: subnetId, projectId, networkId, cidr: '10.9.0.0/24' }));
  return tenant;
}

/** Writes a row in `building` with one port, as POST /servers leaves it. */
export async function seedInstance(
  tx: EntityManager,
  tenant: Tenant,
  id: string,
  schedulerHints: Record<string, string> = {},
  more: Partial<Instance> = {},
): Promise<void> {
  const number = ++tenant.addresses;
  const address = `10.9.0.${9 + number}`;
  const portId = newId();
  const { imageId, networkId, subnetId } = tenant;
  const flavor = { id: 'f1', name: 'f1', vcpus: 1, ramMb: 256, diskGb: 1, extraSpecs: {} };
  const owner = { projectId: 'p', userId: 'u' };
  await tx.save(
    tx.create(Instance, {
      id,
      ...owner,
      name: `vm${number}`,
      hostname: `vm${number}`,
      flavor,
      ...resourcesOfFlavor(flavor),
      imageId,
      vmState: 'building',
      taskState: 'scheduling',
      schedulerHints,
      ...more,
    }),
  );
  await tx.save(
    tx.create(Port, {
      id: portId,
      projectId: 'p',
      networkId,
      macAddress: `fa:16:3e:00:00:${number.toString(16).padStart(2, '0')}`,
      fixedIps: [{ subnet_id: subnetId, ip_address: address }],
      instanceId: id,
      deviceId: id,
      deviceOwner: 'compute:nova',
      ownedByInstance: true,
    }),
  );
  await tx.save(tx.create(IpAllocation, { subnetId, ipAddress: address, portId }));
}
