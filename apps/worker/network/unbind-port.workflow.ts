import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { freeAddresses } from '#libs/networking/ports/address-allocation';
import { Port } from '#libs/networking/ports/port.entity';
import type { UnbindPortInput } from '#libs/networking/ports/port-operations';
import type { Step, StepRun, Workflow } from '#libs/operations/workflow';
import { OldAgents } from './old-agents.js';
import { callOf, HostCalls } from '../host/host-calls.js';

type Run = StepRun<UnbindPortInput, object>;

/** The port leaves the host's own namespace. Its row may be gone already: its addresses are free then. */
@Injectable()
export class UnbindPortWorkflow implements Workflow<UnbindPortInput, object> {
  readonly kind = 'port.unbind';
  readonly queue = 'instance';
  readonly steps: Step<UnbindPortInput, object>[] = [{ name: 'unplug', run: (run) => this.unplug(run) }];

  constructor(
    private readonly hosts: HostCalls,
    private readonly oldAgents: OldAgents,
  ) {}

  private async unplug(run: Run): Promise<void> {
    const { hostId, networkId, macAddress: mac } = run.input;
    const { resourceId: portId } = run.operation;
    const call = callOf(run, 'unplug', 0);
    await Promise.all([
      this.hosts.whereUp(hostId, (agent) => agent.call('deletePort', { call, portId }, run.signal)),
      this.oldAgents.withdraw(run, [{ networkId, mac }], hostId),
    ]);
    await run.commit(async (tx) => {
      if (!(await tx.existsBy(Port, { id: portId }))) await freeAddresses(tx, portId);
    });
  }

  async failed({ operation }: Pick<Run, 'operation'>, _error: Error, tx: EntityManager) {
    await tx.update(Port, { id: operation.resourceId }, { status: 'ERROR' });
  }
}
