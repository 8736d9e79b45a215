import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { MigrationKind } from '#generated/lxstack/agent/v1/agent';
import type { CheckMigrationResponse } from '#generated/lxstack/agent/v1/agent';
import { UnavailableError } from '#libs/common/errors';
import type { Instance } from '#libs/compute/instances/instance.entity';
import { Agents } from '#libs/fleet/agents/agents.service';
import { isUp } from '#libs/fleet/hosts/host-state';
import type { Host } from '#libs/fleet/hosts/host.entity';
import { Hosts } from '#libs/fleet/hosts/hosts.service';
import { blocksDisk, databaseTime } from '../migrations/move-checks.js';
import { blocksCold, blocksLive, blocksTarget } from './mobility-rules.js';

/** Whether a kind of move can be made now; reasons where it cannot, in words an operator can act on. */
export interface Verdict {
  possible: boolean;
  reasons: string[];
}

export interface MobilityReport {
  live: Verdict;
  cold: Verdict;
  /** systemd, sysvinit, openrc, busybox, other; null where it does not run or its host did not answer. */
  init: string | null;
  /** Bytes in use, page cache included; null as above. */
  memoryBytes: number | null;
  /** Other compute hosts by name, one page: which could take it, and why the others could not. */
  targets: { host: string; live: Verdict; cold: Verdict }[];
}

const CHECK_DEADLINE_MS = 5_000;

/** Says of an instance whether it can be moved, without touching anything. */
@Injectable()
export class Mobility {
  constructor(
    private readonly database: DataSource,
    private readonly agents: Agents,
    private readonly hosts: Hosts,
  ) {}

  /** `page`: of the targets, by host name. Throws NotFoundError for an unknown marker. */
  async report(instance: Instance, page: { marker?: string; limit?: number } = {}): Promise<MobilityReport> {
    const now = await databaseTime(this.database.manager);
    const source = instance.hostId ? await this.hosts.get(instance.hostId) : null;
    const hosts = (await this.hosts.list({ role: 'compute', ...page })).filter((host) => host.id !== source?.id);
    const seen = await this.look(instance, source, now);
    const live = [...blocksLive(instance, source), ...seen.reasons];
    const cold = [...blocksCold(instance, source), ...(source && !isUp(source, now) ? [downWords(source)] : [])];
    return {
      live: verdict(live),
      cold: verdict(cold),
      init: seen.init || null,
      memoryBytes: seen.memoryBytes || null,
      targets: hosts.map((host) => {
        const disk = source ? blocksDisk(source, host) : [];
        const judge = (capabilities: string[]) =>
          verdict([...blocksTarget(instance, host, isUp(host, now), capabilities), ...disk]);
        return { host: host.name, live: judge(['restore']), cold: judge([]) };
      }),
    };
  }

  /** What the agent of its host says of it. A host that is down or silent is a reason, not an error. */
  private async look(instance: Instance, source: Host | null, now: Date): Promise<CheckMigrationResponse> {
    const nothing = { init: '', memoryBytes: 0 };
    if (!source || instance.vmState !== 'active') return { ...nothing, reasons: [] };
    if (!isUp(source, now)) return { ...nothing, reasons: [downWords(source)] };
    const request = { instanceId: instance.id, kind: MigrationKind.MIGRATION_KIND_LIVE, spec: undefined };
    try {
      return await this.agents.unary(source, 'checkMigration', request, { deadlineMs: CHECK_DEADLINE_MS });
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      return { ...nothing, reasons: [error.message] };
    }
  }
}

const verdict = (reasons: string[]): Verdict => ({ possible: !reasons.length, reasons });

const downWords = (host: Host): string => `Host ${host.name} is down: only an evacuation moves what was on it.`;
