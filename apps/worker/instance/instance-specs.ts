import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { NotFoundError } from '#libs/common/errors';
import { Instance } from '#libs/compute/instances/instance.entity';
import type { InstanceFlavor } from '#libs/compute/instances/instance.entity';
import { renderInstanceSpec } from '#libs/compute/instances/spec/instance-spec';
import type { InstanceSpecParts } from '#libs/compute/instances/spec/instance-spec';
import { entityOf } from '#libs/database/entity-row';
import { onOneConnection } from '#libs/database/one-connection';
import { Image } from '#libs/images/image.entity';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import type { Operation } from '#libs/operations/operation.entity';
import { HostNetworkView } from '../network/host-network-view.js';

export interface LoadedInstance {
  instance: Instance;
  spec: InstanceSpec;
}

const INSTANCE = 'SELECT * FROM instances WHERE id = $1';
const IMAGE = 'SELECT m.* FROM images m JOIN instances i ON i.image_id = m.id WHERE i.id = $1';

/** Reads what an agent has to be told of an instance: its row, image, ports and networks. */
@Injectable()
export class InstanceSpecs {
  /** Only what builds it changes what a spec is made of: other operations on the instance wait for their turn. */
  private readonly building = new WeakMap<Operation, InstanceSpecParts>();

  constructor(
    private readonly database: DataSource,
    private readonly networks: HostNetworkView,
  ) {}

  /** Deleted ones too: workflows that clear away look at them. Throws NotFoundError. */
  async instance(instanceId: string): Promise<Instance> {
    const [row] = await this.database.query<Record<string, unknown>[]>(INSTANCE, [instanceId]);
    if (!row) throw new NotFoundError('Instance', instanceId);
    return entityOf(this.database.manager, Instance, row);
  }

  /** What is known of the instance of a running operation that builds it: read once, for all its steps in this process. */
  async ofBuild(operation: Operation): Promise<InstanceSpecParts> {
    const known = this.building.get(operation);
    if (known) return known;
    const parts = await this.read(operation.resourceId);
    this.building.set(operation, parts);
    return parts;
  }

  /** `flavor`: the one it is to have, where a resize is going on. Throws NotFoundError, also where its image is gone. */
  async load(instanceId: string, flavor?: InstanceFlavor | null): Promise<LoadedInstance> {
    const parts = await this.read(instanceId);
    return { instance: parts.instance, spec: renderInstanceSpec({ ...parts, flavor: flavor ?? undefined }) };
  }

  private async read(instanceId: string): Promise<InstanceSpecParts> {
    return onOneConnection(this.database, async (tx) => {
      const [[row], [imageRow], network] = await Promise.all([
        tx.query<Record<string, unknown>[]>(INSTANCE, [instanceId]),
        tx.query<Record<string, unknown>[]>(IMAGE, [instanceId]),
        this.networks.nicsOf(instanceId, tx),
      ]);
      if (!row) throw new NotFoundError('Instance', instanceId);
      const instance = entityOf(tx, Instance, row);
      if (instance.imageId !== null && !imageRow) throw new NotFoundError('Image', instance.imageId);
      return { instance, image: imageRow ? entityOf(tx, Image, imageRow) : null, ...network };
    });
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
}
