import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { InstanceStatus } from '#generated/lxstack/agent/v1/types';
import type { Caller } from '#libs/common/caller';
import { messageOf } from '#libs/common/errors';
import { ownOf, requireAllowed } from '#libs/policy/policy';
import { Agents } from '../agents/agents.service.js';
import type { Host } from '../hosts/host.entity.js';
import { HostRecords } from '../hosts/host-records.js';
import { isUp } from '../hosts/host-state.js';
import * as sql from './audit-sql.js';
import { compareHost } from './compare-host.js';
import type { ExpectedInstance } from './compare-host.js';
import type { Difference } from './difference.js';
import { NetworkAudit } from './network-audit.js';
import { recordChecks } from './record-checks.js';
import type { RecordRow } from './record-checks.js';

const MAX_DIFFERENCES = 1_000;
const PAGE = 1_000;
const DEADLINE_MS = 10_000;
/** Hosts that are asked at the same time. */
const PARALLEL = 16;

/** Compares Postgres with itself and with what every agent reports (invariant 3). */
@Injectable()
export class Audit {
  constructor(
    private readonly database: DataSource,
    private readonly hosts: HostRecords,
    private readonly agents: Agents,
    private readonly networks: NetworkAudit,
  ) {}

  /**
   * Returns every difference, 1000 at most, and nothing where all is well. Leaves out what an unfinished operation is
   * changing. `repair` mends the hosts' networks first; all else is only reported. Throws PolicyDeniedError.
   */
  async run(caller: Caller, repair = false): Promise<Difference[]> {
    requireAllowed(caller, repair ? 'fleet:audit:repair' : 'fleet:audit', ownOf(caller));
    // The agents are asked before Postgres is read: what changes between the two is then marked as busy, or settled.
    const hosts = await this.hosts.all();
    const now = await this.now();
    const up = hosts.filter((host) => isUp(host, now));
    const found = await this.askAll(up);
    const expected = await this.expected();
    const resyncing = new Set((await this.database.query<{ id: string }[]>(sql.RESYNCING)).map(({ id }) => id));
    const differences = [...(await this.records()), ...(await this.leftMoves(found))];
    for (const { host, instances, failure } of found) {
      if (failure)
        differences.push({
          kind: 'host-silent',
          message: `host ${host.name} does not answer: ${failure}`,
          host: host.name,
        });
      else differences.push(...compareHost({ ...host, resyncing: resyncing.has(host.id) }, instances, expected));
    }
    const answering = found.filter(({ failure }) => !failure).map(({ host }) => host);
    differences.push(...(await this.networks.run(answering, repair)));
    return differences.slice(0, MAX_DIFFERENCES);
  }

  /** Differences within Postgres. */
  private async records(): Promise<Difference[]> {
    const differences: Difference[] = [];
    for (const { kind, sql: statement, words } of recordChecks)
      for (const row of await this.database.query<RecordRow[]>(statement, [MAX_DIFFERENCES]))
        differences.push({ kind, message: words(row) });
    return differences;
  }

  private async leftMoves(found: Found[]): Promise<Difference[]> {
    const left = found.flatMap(({ host, migrationIds }) => migrationIds.map((id) => ({ id, host: host.name })));
    if (!left.length) return [];
    const ids = left.map(({ id }) => id);
    const open = new Set(
      (await this.database.query<{ uuid: string }[]>(sql.OPEN_MIGRATIONS, [ids])).map((m) => m.uuid),
    );
    return left
      .filter(({ id }) => !open.has(id))
      .map(({ id, host }) => ({
        kind: 'migration-left' as const,
        message: `host ${host} still has something of move ${id}`,
        host,
      }));
  }

  private async expected(): Promise<Map<string, ExpectedInstance>> {
    const all = new Map<string, ExpectedInstance>();
    for (let after: string | null = null; ;) {
      const page: ExpectedInstance[] = await this.database.query(sql.INSTANCES, [PAGE, after]);
      for (const instance of page) all.set(instance.id, instance);
      if (page.length < PAGE) return all;
      after = page[page.length - 1].id;
    }
  }

  private async askAll(hosts: Host[]): Promise<Found[]> {
    const answers: Found[] = [];
    for (let at = 0; at < hosts.length; at += PARALLEL)
      answers.push(...(await Promise.all(hosts.slice(at, at + PARALLEL).map((host) => this.ask(host)))));
    return answers;
  }

  private async ask(host: Host): Promise<Found> {
    const found: Found = { host, instances: [], migrationIds: [] };
    try {
      let pageToken = '';
      do {
        const request = { pageSize: PAGE, pageToken };
        const page = await this.agents.unary(host, 'listInstances', request, { deadlineMs: DEADLINE_MS });
        found.instances.push(...page.instances);
        found.migrationIds.push(...page.migrationIds);
        pageToken = page.nextPageToken;
      } while (pageToken);
    } catch (error) {
      found.failure = messageOf(error);
    }
    return { ...found, migrationIds: [...new Set(found.migrationIds)] };
  }

  /** PostgreSQL's clock: it writes the leases. */
  private async now(): Promise<Date> {
    const [{ now }] = await this.database.query<{ now: Date }[]>('SELECT now()');
    return now;
  }
}

interface Found {
  host: Host;
  instances: InstanceStatus[];
  migrationIds: string[];
  failure?: string;
}
