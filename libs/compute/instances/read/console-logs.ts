import { Injectable } from '@nestjs/common';
import { ConflictError } from '#libs/common/errors';
import { Agents } from '#libs/fleet/agents/agents.service';
import { Hosts } from '#libs/fleet/hosts/hosts.service';
import type { Instance } from '../instance.entity.js';

/** What an instance's console has printed, read from its host. */
@Injectable()
export class ConsoleLogs {
  constructor(
    private readonly agents: Agents,
    private readonly hosts: Hosts,
  ) {}

  /** The last `lines`; 0: all that is kept. Throws ConflictError before it has a host, UnavailableError. */
  async read(instance: Instance, lines: number): Promise<string> {
    if (instance.hostId === null) throw new ConflictError(`Instance ${instance.id} is not ready`);
    const host = await this.hosts.get(instance.hostId);
    const request = { instanceId: instance.id, lines };
    const { output } = await this.agents.unary(host, 'getConsoleLog', request, { deadlineMs: 10_000 });
    return Buffer.from(output).toString('utf8');
  }
}
