import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CheckMigrationResponse, MigrationKind } from '#generated/lxstack/agent/v1/agent';
import { DomainError, UnavailableError } from '#libs/common/errors';
import { databaseTime } from '#libs/database/database-time';
import { Agents } from '#libs/fleet/agents/agents.service';
import { isUp } from '#libs/fleet/hosts/host-state';
import type { Host } from '#libs/fleet/hosts/host.entity';

/** Someone waits for the answer: a good one takes some tens of milliseconds. */
const DEADLINE_MS = 5_000;

/** What the agent of one end says of a move. */
@Injectable()
export class AgentPrecheck {
  constructor(
    private readonly database: DataSource,
    private readonly agents: Agents,
  ) {}

  /**
   * A host that is down, refuses or does not answer in time is a reason, not an error. Touches nothing there. `patient`:
   * who asks can ask again, and gets an UnavailableError where there is no answer.
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

  /** False where the host is down, or its agent does not answer in time. Whatever it says is an answer. */
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

export const downWords = (host: Host): string => `Host ${host.name} is down: only an evacuation moves what was on it.`;

const saying = (reason: string): CheckMigrationResponse => CheckMigrationResponse.create({ reasons: [reason] });
