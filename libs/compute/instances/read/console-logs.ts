import { Injectable } from '@nestjs/common';
import { ConflictError } from '#libs/common/errors';
import { Agents } from '#libs/fleet/agents/agents.service';
import { Hosts } from '#libs/fleet/hosts/hosts.service';
import type { Instance } from '../instance.entity.js';

/** Reads an instance's console log from its host. */
@Injectable()
export class ConsoleLogs {
  constructor(
    private readonly agents: Agents,
    private readonly hosts: Hosts,
  ) {}

  /**
   * The last `lines` lines; 0: all that the host keeps. Throws ConflictError before the instance has a host,
   * UnavailableError where the host does not answer.
   */
  async read(instance: Instance, lines: number): Promise<string> {
    if (instance.hostId === null) throw new ConflictError(`Instance ${instance.id} is not ready`);
    const host = await this.hosts.get(instance.hostId);
    const request = { instanceId: instance.id, lines };
    const { output } = await this.agents.unary(host, 'getConsoleLog', request, { deadlineMs: 10_000 });
    return Buffer.from(output).toString('utf8');
  }
}
