import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { transact } from '#libs/database/transactions';
import { ownOf, requireAllowed } from '#libs/policy/policy';
import type { RuleName } from '#libs/policy/rule-tables';
import { HostFence } from '../fencing/host-fence.entity.js';
import { Host } from './host.entity.js';
import { HostRecords } from './host-records.js';
import type { HostFilter } from './host-records.js';
import { hostTarget } from './host-target.js';

/** Rules under which hosts are shown: each face has its own. */
export type HostRule = Extract<
  RuleName,
  `fleet:hosts:${string}` | `os_compute_api:${'os-hypervisors' | 'os-services' | 'os-availability-zone'}:${string}`
>;

const UPDATE = 'os_compute_api:os-services:update';

/** The fleet's hosts, as Nova's hypervisors and services show them. Everything here throws PolicyDeniedError. */
@Injectable()
export class Hosts {
  constructor(
    private readonly database: DataSource,
    private readonly records: HostRecords,
  ) {}

  /** One page, ordered by name. Throws MarkerNotFoundError. */
  async list(caller: Caller, rule: HostRule, filter: HostFilter = {}): Promise<Host[]> {
    requireAllowed(caller, rule, ownOf(caller));
    return this.records.list(filter);
  }

  /** Every host, ordered by name, read page by page: for questions about the whole fleet. */
  async all(caller: Caller, rule: HostRule, filter: Omit<HostFilter, 'marker' | 'limit'> = {}): Promise<Host[]> {
    requireAllowed(caller, rule, ownOf(caller));
    return this.records.all(filter);
  }

  /** By id, name or Nova's integer id. Throws NotFoundError. */
  async get(caller: Caller, rule: HostRule, idOrName: string): Promise<Host> {
    const host = await this.records.get(idOrName);
    requireAllowed(caller, rule, hostTarget(host));
    return host;
  }

  /** Nova: os-services disable. A disabled host keeps what it has and gets nothing new; `Drains.letIn` enables it. */
  async disable(caller: Caller, idOrName: string, reason: string | null = null): Promise<Host> {
    const { id } = await this.get(caller, UPDATE, idOrName);
    await this.database.manager.update(Host, { id }, { enabled: false, disabledReason: reason });
    return this.records.get(id);
  }

  /**
   * Nova API: os-services force-down. The host's instances may be evacuated although its lease has not ended, and its
   * heartbeats get no lease. The present lease and the agent's promises end too: after the operator takes the word
   * back, nothing is evacuated on the strength of an old promise. Throws NotFoundError.
   */
  async setForcedDown(caller: Caller, idOrName: string, forcedDown: boolean): Promise<Host> {
    const { id } = await this.get(caller, UPDATE, idOrName);
    await transact(this.database, async (tx) => {
      await tx.update(Host, { id }, { forcedDown });
      if (!forcedDown) return;
      await tx.query('UPDATE hosts SET lease_expires_at = least(lease_expires_at, now()) WHERE id = $1', [id]);
      await tx.delete(HostFence, { hostId: id });
    });
    return this.records.get(id);
  }
}
