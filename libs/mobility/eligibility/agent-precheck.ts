import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CheckMigrationResponse, MigrationKind } from '#generated/lxstack/agent/v1/agent';
import { DomainError, UnavailableError } from '#libs/common/errors';
import { databaseTime } from '#libs/database/database-time';
import { Agents } from '#libs/fleet/agents/agents.service';
import { isUp } from '#libs/fleet/hosts/host-state';
import type { Host } from '#libs/fleet/hosts/host.entity';

/** A caller waits for this answer, which normally takes some tens of milliseconds. */
const DEADLINE_MS = 20_000;

/** Asks the agent of one end whether a move is possible. */
@Injectable()
export class AgentPrecheck {
  constructor(
    private readonly database: DataSource,
    private readonly agents: Agents,
  ) {}

  /**
   * The agent's answer, without any change on its host. A host that is down, refuses or does not answer becomes a
   * reason in the answer. `patient`: throws UnavailableError where the agent does not answer, for callers that ask
   * again.
   */
  async at(host: Host, instanceId: string, patient = false): Promise<CheckMigrationResponse> {
    if (!isUp(host, await databaseTime(this.database.manager))) return saying(downWords(host));
    const request = { instanceId, kind: MigrationKind.MIGRATION_KIND_LIVE, spec: undefined };
    try {
      return await this.agents.unary(host, 'checkMigration', request, { deadlineMs: DEADLINE_MS });
    } catch (error) {
      if (patient && error instanceof UnavailableError) throw error;
      if (error instanceof DomainError) return saying(error.message);
      throw error;
    }
  }

  /** Whether the host is up and its agent answers in time, whatever it answers. */
  async answers(host: Host, instanceId: string): Promise<boolean> {
    if (!isUp(host, await databaseTime(this.database.manager))) return false;
    const request = { instanceId, kind: MigrationKind.MIGRATION_KIND_COLD, spec: undefined };
    try {
      await this.agents.unary(host, 'checkMigration', request, { deadlineMs: DEADLINE_MS });
      return true;
    } catch (error) {
      if (error instanceof UnavailableError) return false;
      if (error instanceof DomainError) return true;
      throw error;
    }
  }
}

/** The reason in words for a host that holds no lease. */
export const downWords = (host: Host): string => `Host ${host.name} is down: only an evacuation moves what was on it.`;

const saying = (reason: string): CheckMigrationResponse => CheckMigrationResponse.create({ reasons: [reason] });
