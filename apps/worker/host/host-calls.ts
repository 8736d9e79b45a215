import { LRUCache } from 'lru-cache';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Call } from '#generated/lxstack/agent/v1/types';
import { NotFoundError, UnavailableError } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import type { RequestOf, ResponseOf, StreamMethod, UnaryMethod } from '#libs/fleet/agents/agent-calls';
import { Agents } from '#libs/fleet/agents/agents.service';
import type { Host } from '#libs/fleet/hosts/host.entity';
import { HostRecords } from '#libs/fleet/hosts/host-records';
import type { StepRun } from '#libs/operations/workflow';
import { hostIsUp } from '#libs/fleet/hosts/host-state';

/** Milliseconds that a call may take (invariant 6); those not named here take little. */
const deadlines: Partial<Record<UnaryMethod, number>> = {
  createInstance: 180_000,
  rebuildInstance: 180_000,
  prepareMigration: 300_000,
  resizeInstance: 3_600_000,
  revertMigration: 3_600_000,
  stopInstance: 90_000,
  rebootInstance: 90_000,
  deleteInstance: 60_000,
  releaseMigration: 60_000,
  ensureImage: 300_000,
  getMigration: 3_000,
  setForwarding: 5_000,
};
const shortDeadlineMs = 30_000;
/** A move's disk may take long; its switch has a deadline of its own. */
const transferDeadlineMs = 6 * 3_600_000;
/** How long a host's address is cached. */
const rememberMs = 2_000;
const MOST_HOSTS = 10_000;

/** One host's agent, ready to be called. */
export class HostAgent {
  constructor(
    private readonly agents: Agents,
    readonly host: Host,
  ) {}

  call<M extends UnaryMethod>(method: M, request: RequestOf<M>, signal?: AbortSignal): Promise<ResponseOf<M>> {
    return this.agents.unary(this.host, method, request, { deadlineMs: deadlines[method] ?? shortDeadlineMs, signal });
  }

  stream<M extends StreamMethod>(method: M, request: RequestOf<M>, signal?: AbortSignal) {
    return this.agents.stream(this.host, method, request, { deadlineMs: transferDeadlineMs, signal });
  }
}

/** Finds a host's agent, and treats hosts that are down. */
@Injectable()
export class HostCalls {
  private readonly log = createLogger('worker');
  private readonly known = new LRUCache<string, Host>({ max: MOST_HOSTS, ttl: rememberMs });

  constructor(
    private readonly database: DataSource,
    private readonly agents: Agents,
    private readonly hosts: HostRecords,
  ) {}

  /** Throws NotFoundError. */
  async host(hostId: string | null): Promise<Host> {
    if (hostId === null) throw new NotFoundError('Host', 'of an instance that was never placed');
    const known = this.known.get(hostId);
    if (known) return known;
    const host = await this.hosts.get(hostId);
    this.known.set(hostId, host);
    return host;
  }

  async agent(hostId: string | null): Promise<HostAgent> {
    return new HostAgent(this.agents, await this.host(hostId));
  }

  /** By PostgreSQL's clock, which writes the leases. */
  async isUp(hostId: string): Promise<boolean> {
    const [row] = await this.database.query<{ up: boolean }[]>(`SELECT ${hostIsUp()} AS up FROM hosts WHERE id = $1`, [
      hostId,
    ]);
    return row?.up ?? false;
  }

  /**
   * Removes something on a host. Not there is a success. A host that is down is a success too, because its agent stops what it
   * does not own when it comes back. Throws UnavailableError for a host that is up and does not answer.
   */
  async whereUp(hostId: string, work: (agent: HostAgent) => Promise<unknown>): Promise<void> {
    try {
      await work(await this.agent(hostId));
    } catch (error) {
      if (error instanceof NotFoundError) return;
      if (!(error instanceof UnavailableError) || (await this.isUp(hostId))) throw error;
      this.log.warn({ hostId, reason: error.message }, 'host is down: it clears away when it comes back');
    }
  }
}

/** What the agent knows a call by: the same operation, step and epoch get the same answer again. */
export function callOf(run: Pick<StepRun<unknown, unknown>, 'operation'>, step: string, epoch: number): Call {
  return { operationId: run.operation.id, step, epoch };
}
