import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager, EntityTarget } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { InvalidInputError, NotFoundError } from '#libs/common/errors';
import { requireAllowed } from '#libs/policy/policy';
import type { Target } from '#libs/policy/check/check';
import { networkTarget } from '../network-target.js';
import { Network } from '../networks/network.entity.js';
import { Networks } from '../networks/networks.service.js';
import { Port } from '../ports/port.entity.js';
import { Ports } from '../ports/ports.service.js';
import { noteSharing } from '../rbac-policies/shared-networks.js';
import { Router } from '../routers/router.entity.js';
import { Routers } from '../routers/routers.service.js';
import type { StandardAttributes } from '../standard-attributes.js';
import { SubnetPool } from '../subnet-pools/subnet-pool.entity.js';
import { SubnetPoolService } from '../subnet-pools/subnet-pools.service.js';
import { Subnet } from '../subnets/subnet.entity.js';
import { Subnets } from '../subnets/subnets.service.js';

const entities = {
  network: Network,
  subnet: Subnet,
  port: Port,
  router: Router,
  subnetpool: SubnetPool,
} satisfies Record<string, EntityTarget<StandardAttributes>>;

export type TaggedNoun = keyof typeof entities;
type Action = 'create' | 'update' | 'delete';

/** Neutron's bounds. */
const [MOST_TAGS, LONGEST_TAG] = [50, 255];

/** Tags of resources (Neutron API: extension standard-attr-tag). Everything throws NotFoundError and PolicyDeniedError. */
@Injectable()
export class Tags {
  constructor(
    private readonly database: DataSource,
    private readonly networks: Networks,
    private readonly subnets: Subnets,
    private readonly ports: Ports,
    private readonly routers: Routers,
    private readonly pools: SubnetPoolService,
  ) {}

  /** In order, each once. */
  async list(caller: Caller, noun: TaggedNoun, id: string): Promise<string[]> {
    const found = await this.find(caller, noun, id);
    requireAllowed(caller, `get_${noun}:tags`, await this.targetOf(caller, noun, found));
    return found.tags;
  }

  /** Throws NotFoundError also where the resource lacks the tag. */
  async require(caller: Caller, noun: TaggedNoun, id: string, tag: string): Promise<void> {
    if (!(await this.list(caller, noun, id)).includes(tag)) throw new NotFoundError('Tag', tag);
  }

  /** Replaces all tags. Throws InvalidInputError for a tag that is none, one named twice, and more than 50. */
  replace(caller: Caller, noun: TaggedNoun, id: string, tags: readonly unknown[]): Promise<string[]> {
    return this.change(caller, noun, id, 'update', () => tagsOf(tags));
  }

  /** Adds those that are not there yet. Throws as `replace`. */
  add(caller: Caller, noun: TaggedNoun, id: string, tags: readonly unknown[], action: Action): Promise<string[]> {
    return this.change(caller, noun, id, action, (present) => [...present, ...tagsOf(tags)]);
  }

  /** Throws NotFoundError also where the resource lacks the tag. */
  async remove(caller: Caller, noun: TaggedNoun, id: string, tag: string): Promise<void> {
    await this.change(caller, noun, id, 'delete', (present) => {
      if (!present.includes(tag)) throw new NotFoundError('Tag', tag);
      return present.filter((one) => one !== tag);
    });
  }

  /** Removes all. */
  async clear(caller: Caller, noun: TaggedNoun, id: string): Promise<void> {
    await this.change(caller, noun, id, 'delete', () => []);
  }

  private async change(
    caller: Caller,
    noun: TaggedNoun,
    id: string,
    action: Action,
    wanted: (present: readonly string[]) => readonly string[],
  ): Promise<string[]> {
    const found = await this.find(caller, noun, id);
    requireAllowed(caller, `${action}_${noun}:tags`, await this.targetOf(caller, noun, found));
    return this.database.transaction(async (tx) => {
      const row = await lockedRow(tx, noun, id);
      if (!row) throw new NotFoundError(noun[0]!.toUpperCase() + noun.slice(1), id);
      row.tags = [...new Set(wanted(row.tags))].sort();
      if (row.tags.length > MOST_TAGS) throw new InvalidInputError('tags', `at most ${MOST_TAGS} tags`);
      return (await tx.save(row)).tags;
    });
  }

  /** What the caller may see of this id. */
  private find(caller: Caller, noun: TaggedNoun, id: string): Promise<StandardAttributes> {
    const { networks: network, subnets: subnet, ports: port, routers: router, pools: subnetpool } = this;
    const services = { network, subnet, port, router, subnetpool };
    return services[noun].get(caller, id);
  }

  private async targetOf(caller: Caller, noun: TaggedNoun, found: StandardAttributes): Promise<Target> {
    if (found instanceof Subnet) {
      const network = await this.database.manager.findOneByOrFail(Network, { id: found.networkId });
      await noteSharing(this.database.manager, caller, [network]);
      return networkTarget(network, found);
    }
    const { projectId } = found;
    if (found instanceof SubnetPool) return { project_id: projectId, shared: found.shared };
    return noun === 'network' ? networkTarget(found as Network) : { project_id: projectId };
  }
}

function lockedRow(tx: EntityManager, noun: TaggedNoun, id: string): Promise<StandardAttributes | null> {
  const entity: EntityTarget<StandardAttributes> = entities[noun];
  return tx.findOne(entity, { where: { id }, lock: { mode: 'pessimistic_write' } });
}

function tagsOf(tags: readonly unknown[]): string[] {
  const found = tags.map(tagOf);
  if (new Set(found).size < found.length) throw new InvalidInputError('tags', 'each tag once');
  return found;
}

function tagOf(tag: unknown): string {
  if (typeof tag !== 'string' || !tag.length || tag.length > LONGEST_TAG)
    throw new InvalidInputError('tags', `texts of 1 to ${LONGEST_TAG} characters`);
  return tag;
}
