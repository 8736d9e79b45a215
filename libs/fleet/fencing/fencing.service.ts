import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { databaseTime } from '#libs/database/database-time';
import { requireAllowed } from '#libs/policy/policy';
import { Host } from '../hosts/host.entity.js';
import { HostRecords } from '../hosts/host-records.js';
import { hostTarget } from '../hosts/host-target.js';
import { evacuationBar } from './evacuation-bar.js';
import type { EvacuationBar } from './evacuation-bar.js';
import { fenceMarginSeconds } from './fence-times.js';
import { EvacuationBarredError, HostInUseError } from './fencing.errors.js';
import { HostFence } from './host-fence.entity.js';

/** What agents have promised to do without a lease, and which instances may therefore be evacuated. */
@Injectable()
export class Fencing {
  constructor(
    private readonly database: DataSource,
    private readonly hosts: HostRecords,
  ) {}

  /**
   * The bar of one instance. Locks the host's row until the transaction ends, so that no heartbeat and no operator
   * changes it meanwhile.
   */
  async bar(tx: EntityManager, hostId: string, instanceId: string): Promise<EvacuationBar> {
    return (await this.judge(tx, hostId, instanceId)).bar;
  }

  /** As `bar`. Throws HostInUseError or EvacuationBarredError unless the bar is open. */
  async requireOpen(tx: EntityManager, hostId: string, instanceId: string): Promise<void> {
    const { host, bar } = await this.judge(tx, hostId, instanceId);
    if (bar.state === 'up') throw new HostInUseError(host.name);
    if (bar.state !== 'open') throw new EvacuationBarredError(instanceId, host.name, bar);
  }

  /** What the host's agent promised by its last heartbeat; `idOrName` of the host. Throws NotFoundError, PolicyDeniedError. */
  async of(
    caller: Caller,
    idOrName: string,
  ): Promise<{ host: Host; promised: HostFence | null; marginSeconds: number }> {
    const host = await this.hosts.get(idOrName);
    requireAllowed(caller, 'fleet:hosts:fence', hostTarget(host));
    const promised = await this.database.manager.findOneBy(HostFence, { hostId: host.id });
    return { host, promised, marginSeconds: fenceMarginSeconds() };
  }

  private async judge(tx: EntityManager, hostId: string, instanceId: string) {
    const host = await tx.findOneOrFail(Host, { where: { id: hostId }, lock: { mode: 'pessimistic_write' } });
    const fence = await tx.findOneBy(HostFence, { hostId });
    const stopSeconds = fence?.instanceIds.includes(instanceId) ? fence.stopSeconds : null;
    const now = await databaseTime(tx);
    return { host, bar: evacuationBar({ host, stopSeconds, marginSeconds: fenceMarginSeconds() }, now) };
  }
}
