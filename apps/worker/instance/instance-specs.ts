import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import type { NetworkForwarding } from '#generated/lxstack/agent/v1/agent';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { NotFoundError } from '#libs/common/errors';
import { Instance } from '#libs/compute/instances/instance.entity';
import type { InstanceFlavor } from '#libs/compute/instances/instance.entity';
import { renderInstanceSpec } from '#libs/compute/instances/spec/instance-spec';
import { Image } from '#libs/images/image.entity';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import { HostNetworkView } from '../network/host-network-view.js';

export interface LoadedInstance {
  instance: Instance;
  spec: InstanceSpec;
}

/** Reads what an agent has to be told of an instance: its row, image, ports and networks. */
@Injectable()
export class InstanceSpecs {
  constructor(
    private readonly database: DataSource,
    private readonly networks: HostNetworkView,
  ) {}

  /** Deleted ones too: workflows that clear away look at them. Throws NotFoundError. */
  async instance(instanceId: string): Promise<Instance> {
    const instance = await this.database.manager.findOneBy(Instance, { id: instanceId });
    if (!instance) throw new NotFoundError('Instance', instanceId);
    return instance;
  }

  /** `image`: null where it was made without one. Throws NotFoundError, also where its image is gone. */
  async withImage(instanceId: string): Promise<{ instance: Instance; image: Image | null }> {
    const found = await this.database.manager
      .createQueryBuilder(Instance, 'i')
      .leftJoinAndMapOne('i.image', Image, 'm', 'm.id = i.image_id')
      .where('i.id = :instanceId', { instanceId })
      .getOne();
    if (!found) throw new NotFoundError('Instance', instanceId);
    const { image = null, ...instance } = found as Instance & { image?: Image | null };
    if (instance.imageId !== null && !image) throw new NotFoundError('Image', instance.imageId);
    return { instance, image };
  }

  /** `flavor`: the one it is to have, where a resize is going on. */
  async load(instanceId: string, flavor?: InstanceFlavor | null): Promise<LoadedInstance> {
    const [{ instance, image }, { nics, networks }] = await Promise.all([
      this.withImage(instanceId),
      this.networks.nicsOf(instanceId),
    ]);
    return { instance, spec: renderInstanceSpec({ instance, flavor: flavor ?? undefined, image, nics, networks }) };
  }

  /** As its rows say by now; nothing where its image has been deleted: it goes on as it was configured. */
  async current(instance: Instance): Promise<InstanceSpec | undefined> {
    const { imageId } = instance;
    const complete = imageId === null || (await this.database.manager.existsBy(Image, { id: imageId }));
    return complete ? (await this.load(instance.id)).spec : undefined;
  }

  /** Moves whose source still keeps its copy. */
  async unconfirmed(instanceId: string): Promise<Migration[]> {
    return this.database.manager.findBy(Migration, { instanceId, status: In(['finished', 'confirming', 'reverting']) });
  }

  /** What a host that is about to get the instance has to know of its networks. */
  async forwardingFor(spec: InstanceSpec, hostId: string): Promise<NetworkForwarding[]> {
    const entries = await this.networks.entriesFor(
      spec.networks.map((network) => network.id),
      hostId,
    );
    return [...entries].map(([networkId, list]) => ({ networkId, entries: list }));
  }
}
