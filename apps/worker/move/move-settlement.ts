import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { InstancePorts } from '#libs/networking/ports/instance-ports.service';
import { Claims } from '#libs/scheduling/claims/claims.service';

/** Claims and ports of an instance that changes host, in the transaction of the commit. */
@Injectable()
export class MoveSettlement {
  constructor(
    private readonly claims: Claims,
    private readonly ports: InstancePorts,
  ) {}

  /** The instance takes over the target's claim; the migration keeps the source's until it is released. */
  async exchange(tx: EntityManager, instanceId: string, migrationId: string, toHostId: string): Promise<void> {
    await this.claims.swap(tx, instanceId, migrationId, toHostId);
    await this.ports.bind(tx, instanceId, toHostId, 'ACTIVE');
  }

  /** Gives back what the migration holds at the other end. */
  async release(tx: EntityManager, migrationId: string): Promise<void> {
    await this.claims.release(migrationId, undefined, tx);
  }
}
