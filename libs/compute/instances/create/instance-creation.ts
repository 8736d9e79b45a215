import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { ConflictError, InvalidInputError, NotFoundError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { toHostname } from '#libs/common/names';
import { isUniqueViolation } from '#libs/database/transient-errors';
import { insertStatement, rowsParameter } from '#libs/database/insert-rows';
import { withCommit } from '#libs/database/transactions';
import { Host } from '#libs/fleet/hosts/host.entity';
import { InstancePorts } from '#libs/networking/ports/instance-ports.service';
import { Operations } from '#libs/operations/operations.service';
import type { NewOperation } from '#libs/operations/operations.service';
import { ownOf, requireAllowed } from '#libs/policy/policy';
import { Flavors } from '../../flavors/flavors.js';
import type { Flavor } from '../../flavors/flavor.entity.js';
import { Quotas } from '../../quotas/quotas.js';
import type { InstanceUsage } from '../../quotas/instance-usage.js';
import { ServerGroups } from '../../server-groups/server-groups.js';
import {
  InstanceCountError,
  NicForManyError,
  NoResourcesError,
  NotAllowedOnAnyHostError,
  UnusableReferenceError,
} from '../instance.errors.js';
import { allowanceNeeds } from '../spec/host-needs.js';
import { assignRange, wantedRange } from '../spec/id-ranges.js';
import { Instance } from '../instance.entity.js';
import type { InstanceFlavor } from '../instance.entity.js';
import { resourcesOfFlavor } from '../instance-resources.js';
import type { InstanceResources } from '../instance-resources.js';
import { INSTANCE } from '../actions/instance-operations.js';
import type { CreateInstanceInput } from '../actions/instance-operations.js';
import { configOf } from '../spec/instance-spec.js';
import { placementOf } from '../spec/instance-placement.js';
import type { Placement } from '../spec/instance-placement.js';
import { requireHinted } from './hinted-instances.js';
import type { NewInstance } from './new-instance.js';
import { copyOfKey } from './guest-data.js';
import type { InstanceKey } from './guest-data.js';
import { requireFits, usableImage } from './usable-image.js';

/**
 * Upper bound of `min_count` and `max_count`, whatever the quota: one transaction makes all instances of a request.
 */
export const MAX_INSTANCES_AT_ONCE = 1_000;

/** Makes instances: rows, ports and the operation `instance.create` in one transaction. */
@Injectable()
export class InstanceCreation {
  constructor(
    private readonly operations: Operations,
    private readonly flavors: Flavors,
    private readonly quotas: Quotas,
    private readonly serverGroups: ServerGroups,
    private readonly ports: InstancePorts,
  ) {}

  /**
   * Nova API: POST /servers. Makes as many instances as the quota allows between minCount and maxCount. Throws the
   * errors of instance.errors.ts, InvalidInputError, ForbiddenError, QuotaExceededError, and what `InstancePorts`
   * throws where an address or port is taken.
   */
  async create(caller: Caller, wanted: NewInstance): Promise<Instance[]> {
    requireAllowed(caller, 'os_compute_api:servers:create', ownOf(caller));
    if (wanted.maxCount > MAX_INSTANCES_AT_ONCE)
      throw new InvalidInputError('max_count', `an integer of at most ${MAX_INSTANCES_AT_ONCE}`);
    if (wanted.minCount > wanted.maxCount) throw new InstanceCountError(wanted.minCount, wanted.maxCount);
    if (wanted.hostname !== undefined && wanted.maxCount > 1)
      throw new InvalidInputError('hostname', 'no value where more than one instance is asked for');
    const placement = placementOf(caller, wanted);
    return this.createAll(caller, wanted, placement).catch((error: unknown) => {
      throw error instanceof NotFoundError ? new UnusableReferenceError(error.resource, error.id) : error;
    });
  }

  private async createAll(caller: Caller, wanted: NewInstance, placement: Placement): Promise<Instance[]> {
    return this.operations.transact(async (tx, createOperation) => {
      // The quota's lock makes the project's other requests wait, so it is taken last wherever it does not decide the
      // count.
      const [flavor, image, nics, key] = await Promise.all([
        this.flavorOf(tx, caller, wanted),
        wanted.imageId === null ? null : usableImage(tx, caller, wanted.imageId),
        this.ports.plan(tx, caller, wanted.networks, wanted.securityGroups).catch(asUnusable(caller)),
        copyOfKey(tx, caller.userId, wanted.keyName),
      ]);
      const resources = resourcesWanted(wanted, flavor);
      if (image) requireFits(resources, image);
      await this.requireKnown(tx, caller, wanted, placement);
      await requireSomeHost(tx, allowanceNeeds({ config: wanted.config ?? {} }, flavor));
      const each = { instances: 1, cores: resources.vcpus, ram: resources.memoryMb };
      const { minCount: least, maxCount: most } = wanted;
      const { group } = wanted.schedulerHints;
      // Members of a group are counted under the same lock.
      const last = least === most && group === undefined;
      const count = last ? most : await this.quotas.reserve(tx, caller.projectId, each, { least, most });
      await this.quotas.requireMetadata(tx, caller.projectId, wanted.metadata);
      await this.serverGroups.reserve(tx, caller, group, count);
      requireOwnPorts(wanted, count);
      const instances = rows(caller, wanted, { flavor, ...resources, ...key }, placement.zone, count);
      const ids = instances.map(({ id }) => id);
      await Promise.all([
        withCommit(tx, insert(tx, instances)),
        createOperation.all(ids.map((id) => operationOf(caller, id, placement))),
        this.ports.allocateForInstances(tx, caller, ids, nics),
      ]);
      await assignRanges(tx, instances);
      if (last) await this.quotas.requireWithin(tx, caller.projectId, times(count, each));
      return instances;
    });
  }

  private async flavorOf(tx: EntityManager, caller: Caller, { flavorId }: NewInstance): Promise<InstanceFlavor | null> {
    return flavorId === null ? null : copyOf(await this.flavors.get(caller, flavorId, tx));
  }

  private async requireKnown(
    tx: EntityManager,
    caller: Caller,
    wanted: NewInstance,
    placement: Placement,
  ): Promise<void> {
    await requireHinted(tx, caller, wanted.schedulerHints);
    const host = placement.forcedHost ?? placement.requestedHost;
    if (host !== null && !(await tx.existsBy(Host, { name: host, role: 'compute' })))
      throw new UnusableReferenceError('Compute host', host);
    if (placement.zone !== null && !(await tx.existsBy(Host, { availabilityZone: placement.zone, role: 'compute' })))
      throw new UnusableReferenceError('Availability zone', placement.zone);
  }
}

function operationOf(by: Caller, resourceId: string, { forcedHost, requestedHost }: Placement): NewOperation {
  const input: CreateInstanceInput = { forcedHost, requestedHost };
  return { kind: 'instance.create', queue: 'instance', resourceType: INSTANCE, resourceId, by, input };
}

/** Nova: a security group that the project does not have is a mistake of the request. Rethrows everything. */
const asUnusable =
  ({ projectId }: Caller) =>
  (error: unknown): never => {
    if (error instanceof NotFoundError && error.resource === 'Security group')
      throw new UnusableReferenceError('Security group', error.id, projectId);
    throw error;
  };

const times = (count: number, each: InstanceUsage): InstanceUsage => ({
  instances: each.instances * count,
  cores: each.cores * count,
  ram: each.ram * count,
});

async function assignRanges(tx: EntityManager, instances: readonly Instance[]): Promise<void> {
  for (const instance of instances) {
    const wanted = wantedRange(configOf(instance, instance.flavor));
    if (wanted) await assignRange(tx, instance.id, wanted);
  }
}

/** Throws NotAllowedOnAnyHostError where no host may run such an instance: nobody has allowed it. */
async function requireSomeHost(tx: EntityManager, needs: readonly string[]): Promise<void> {
  for (const need of needs) {
    const shown = JSON.stringify([{ name: need, present: true }]);
    const allowed = await tx.query<unknown[]>('SELECT 1 FROM hosts WHERE capabilities @> $1::jsonb LIMIT 1', [shown]);
    if (!allowed.length) throw new NotAllowedOnAnyHostError(need);
  }
}

/**
 * Throws NicForManyError where several instances are asked for and a port or a fixed address is named: only one can
 * have it.
 */
function requireOwnPorts(wanted: NewInstance, count: number): void {
  const named = Array.isArray(wanted.networks) && wanted.networks.some((nic) => nic.portId ?? nic.fixedIp);
  if (named && count > 1) throw new NicForManyError(count);
}

/** The flavor as it is now; later changes of the flavor do not touch the instance. */
function copyOf({ id, name, vcpus, ramMb, diskGb, extraSpecs }: Flavor): InstanceFlavor {
  return { id, name, vcpus, ramMb, diskGb, extraSpecs };
}

/** Throws NoResourcesError where neither a flavor nor resources are given. */
function resourcesWanted({ resources }: NewInstance, flavor: InstanceFlavor | null): InstanceResources {
  if (flavor) return resourcesOfFlavor(flavor);
  if (!resources) throw new NoResourcesError();
  return resources;
}

/** Throws ConflictError where `nameIsUnique` is asked for and the project has an instance of that name. */
async function insert(tx: EntityManager, instances: Instance[]): Promise<void> {
  try {
    await tx.query(insertStatement(tx, Instance), [rowsParameter(tx, Instance, instances)]);
  } catch (error) {
    if (!isUniqueViolation(error, 'instances_unique_name')) throw error;
    throw new ConflictError(`An instance named ${instances[0].name} already exists.`);
  }
}

type Known = Pick<Instance, 'flavor' | keyof InstanceResources> & InstanceKey;

function rows(caller: Caller, wanted: NewInstance, known: Known, zone: string | null, count: number): Instance[] {
  const now = new Date();
  return Array.from({ length: count }, (_, n) => {
    const id = newId();
    const suffix = count > 1 ? `-${n + 1}` : '';
    return {
      id,
      name: `${wanted.name}${suffix}`,
      hostname: toHostname(`${wanted.hostname ?? wanted.name}${suffix}`, `server-${id}`),
      projectId: caller.projectId,
      userId: caller.userId,
      ...known,
      oldFlavor: null,
      imageId: wanted.imageId,
      ephemeral: wanted.ephemeral ?? false,
      nameIsUnique: wanted.nameIsUnique ?? false,
      hostId: null,
      availabilityZone: zone,
      vmState: 'building',
      taskState: 'scheduling',
      powerState: 0,
      epoch: 1,
      idmapBase: null,
      idmapSize: null,
      config: wanted.config ?? {},
      devices: wanted.devices ?? {},
      profiles: wanted.profiles ?? ['default'],
      metadata: wanted.metadata,
      tags: wanted.tags,
      schedulerHints: wanted.schedulerHints,
      userData: wanted.userData,
      configDrive: wanted.configDrive ?? false,
      description: wanted.description,
      fault: null,
      launchedAt: null,
      deletedAt: null,
      createdAt: now,
      updatedAt: now,
    };
  });
}
