import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { ConflictError } from '#libs/common/errors';
import { Agents } from '#libs/fleet/agents/agents.service';
import { HostRecords } from '#libs/fleet/hosts/host-records';
import { requireInstance } from '../known-instance.js';

/** Reads an instance's console log from its host. */
@Injectable()
export class ConsoleLogs {
  constructor(
    private readonly database: DataSource,
    private readonly agents: Agents,
    private readonly hosts: HostRecords,
  ) {}

  /**
   * The last `lines`; 0: all that is kept. Throws NotFoundError, PolicyDeniedError, ConflictError before it has a host,
   * UnavailableError.
   */
  async read(caller: Caller, id: string, lines: number): Promise<string> {
    const instance = await requireInstance(this.database.manager, caller, id, 'os_compute_api:os-console-output');
    if (instance.hostId === null) throw new ConflictError(`Instance ${instance.id} is not ready`);
    const host = await this.hosts.get(instance.hostId);
    const request = { instanceId: instance.id, lines };
    const { output } = await this.agents.unary(host, 'getConsoleLog', request, { deadlineMs: 10_000 });
    return Buffer.from(output).toString('utf8');
  }
}
