import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Instance } from '#libs/compute/instances/instance.entity';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import { databaseTime } from '#libs/database/database-time';
import { isUp } from '#libs/fleet/hosts/host-state';
import { Host } from '#libs/fleet/hosts/host.entity';
import { AgentPrecheck } from '../eligibility/agent-precheck.js';
import { ComputeHostNotFoundError, MoveRefusedError, SourceDisabledError, SourceDownError } from './move.errors.js';

/** Finds and checks the two hosts of a move that is asked for. */
@Injectable()
export class MoveHosts {
  constructor(
    private readonly database: DataSource,
    private readonly transitions: InstanceTransitions,
    private readonly precheck: AgentPrecheck,
  ) {}

  /** The host named as target; null where none was named. Throws ComputeHostNotFoundError, MoveRefusedError. */
  async target(
    tx: EntityManager,
    instance: Instance,
    name: string | null | undefined,
    NotFound = ComputeHostNotFoundError,
  ): Promise<Host | null> {
    const host = await hostNamed(tx, name, NotFound);
    if (!host) return null;
    if (host.id === instance.hostId)
      throw new MoveRefusedError('host', [`Instance ${instance.id} is on ${host.name} already.`]);
    if (!isUp(host, await databaseTime(tx))) throw new MoveRefusedError('host', [`Host ${host.name} is down.`]);
    return host;
  }

  /** The instance's host. `up`: the move needs its agent. Throws MoveRefusedError, SourceDownError. */
  async source(tx: EntityManager, instance: Instance, state: 'up' | 'any' = 'any'): Promise<Host> {
    const host = instance.hostId ? await tx.findOneBy(Host, { id: instance.hostId }) : null;
    if (!host) throw new MoveRefusedError('host', [`Instance ${instance.id} is on no host.`]);
    if (state === 'up' && !isUp(host, await databaseTime(tx))) throw new SourceDownError(instance.id);
    return host;
  }

  /**
   * Asks the source's agent, because one that has just stopped still has its lease. To be called before anything is
   * written. Throws SourceDownError where it does not answer, SourceDisabledError where a move alone (a tenant's resize is none)
   * would leave a host that is disabled; NotFoundError, InstanceStateError.
   */
  async requireAnswer(instanceId: string, action: 'migrate' | 'resize'): Promise<void> {
    const instance = await this.transitions.check(this.database.manager, instanceId, action);
    const source = await this.source(this.database.manager, instance, 'up');
    if (action === 'migrate' && !source.enabled) throw new SourceDisabledError(instanceId);
    if (!(await this.precheck.answers(source, instanceId))) throw new SourceDownError(instanceId);
  }
}

/** The compute host of this name; null where none is named. Throws `NotFound`. */
export async function hostNamed(
  tx: EntityManager,
  name: string | null | undefined,
  NotFound = ComputeHostNotFoundError,
): Promise<Host | null> {
  if (name === null || name === undefined) return null;
  const host = await tx.findOneBy(Host, { name, role: 'compute' });
  if (!host) throw new NotFound(name);
  return host;
}
