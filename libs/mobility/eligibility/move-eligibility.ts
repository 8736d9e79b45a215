import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CheckMigrationResponse } from '#generated/lxstack/agent/v1/agent';
import type { Caller } from '#libs/common/caller';
import { instanceTarget } from '#libs/compute/instances/instance-target';
import { requireInstance } from '#libs/compute/instances/known-instance';
import { hostNeeds } from '#libs/compute/instances/spec/host-needs';
import type { Instance } from '#libs/compute/instances/instance.entity';
import { databaseTime } from '#libs/database/database-time';
import { hasCapability, isUp } from '#libs/fleet/hosts/host-state';
import type { Host } from '#libs/fleet/hosts/host.entity';
import { HostRecords } from '#libs/fleet/hosts/host-records';
import { allows } from '#libs/policy/policy';
import { FILTERS_PORTS } from '#libs/scheduling/core/filters/port-filter';
import { needsPortFilter } from '#libs/scheduling/placement/filtered-ports';
import { blocksCpu } from '../migrations/cpu-features.js';
import { blocksDisk } from '../migrations/move-checks.js';
import { AgentPrecheck, downWords } from './agent-precheck.js';
import { blocksCold, blocksDisabled, blocksLive, blocksTarget } from './eligibility-rules.js';
import { blocksImage } from './image-rules.js';
import type { MobilityReport, ShownMobility, Verdict } from './mobility-report.js';
import { ownersView } from './owners-view.js';

/** Reports whether an instance can be moved, and where to. Changes nothing. */
@Injectable()
export class MoveEligibility {
  constructor(
    private readonly database: DataSource,
    private readonly look: AgentPrecheck,
    private readonly hosts: HostRecords,
  ) {}

  /**
   * For who asks: owners hear what the states of the instance say, administrators all. `page`: of the targets, by host name.
   * Throws NotFoundError, MarkerNotFoundError, PolicyDeniedError.
   */
  async show(caller: Caller, instanceId: string, page: { marker?: string; limit?: number }): Promise<ShownMobility> {
    const instance = await requireInstance(this.database.manager, caller, instanceId, 'fleet:instances:mobility');
    const report = await this.report(instance, page);
    return allows(caller, 'fleet:failures:details', instanceTarget(instance)) ? report : ownersView(instance, report);
  }

  /** All that is known. Throws MarkerNotFoundError. */
  async report(instance: Instance, page: { marker?: string; limit?: number } = {}): Promise<MobilityReport> {
    const now = await databaseTime(this.database.manager);
    const needs = hostNeeds(instance, instance.flavor);
    const source = instance.hostId ? await this.hosts.get(instance.hostId) : null;
    const hosts = (await this.hosts.list({ role: 'compute', ...page })).filter((host) => host.id !== source?.id);
    if (await this.needsFilter(instance, [...hosts, ...(source ? [source] : [])])) needs.push(FILTERS_PORTS);
    const seen = await this.here(instance, source);
    const image = await blocksImage(this.database.manager, instance);
    const live = [...blocksLive(instance, source), ...image, ...seen.reasons];
    const down = source && !isUp(source, now) ? [downWords(source)] : await this.silent(instance, source, seen.reasons);
    const cold = [...blocksCold(instance, source), ...image, ...down, ...blocksDisabled(source)];
    return {
      live: verdict(live),
      cold: verdict(cold),
      init: seen.init || null,
      memoryBytes: seen.memoryBytes || null,
      targets: hosts.map((host) => {
        const disk = source ? blocksDisk(source, host) : [];
        const cpu = source ? blocksCpu(source, host) : [];
        const judge = (capabilities: string[], more: string[]) =>
          verdict([...blocksTarget(instance, host, isUp(host, now), [...capabilities, ...needs]), ...disk, ...more]);
        return { host: host.name, live: judge(['restore'], cpu), cold: judge([], []) };
      }),
    };
  }

  /** As the scheduler: groups close a port of the instance, and some of the hosts can filter. */
  private async needsFilter(instance: Instance, hosts: readonly Host[]): Promise<boolean> {
    const can = hosts.some((host) => hasCapability(host, FILTERS_PORTS));
    return can && needsPortFilter(this.database.manager, instance.id);
  }

  /** A cold move needs the agent too, which sends the disk. `seen`: reasons against a live one; with none it has answered. */
  private async silent(instance: Instance, source: Host | null, seen: readonly string[]): Promise<string[]> {
    if (!source || (instance.vmState === 'active' && !seen.length)) return [];
    return (await this.look.answers(source, instance.id)) ? [] : [`The agent of ${source.name} does not answer.`];
  }

  /** What the agent of the instance's host answers; empty where the instance does not run. */
  private async here(instance: Instance, source: Host | null): Promise<CheckMigrationResponse> {
    return source && instance.vmState === 'active'
      ? this.look.at(source, instance.id)
      : CheckMigrationResponse.create();
  }
}

const verdict = (reasons: string[]): Verdict => ({ possible: !reasons.length, reasons });
