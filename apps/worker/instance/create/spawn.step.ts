import { Injectable } from '@nestjs/common';
import type { CreateInstanceInput } from '#libs/compute/instances/actions/instance-operations';
import { renderInstanceSpec } from '#libs/compute/instances/spec/instance-spec';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import { withCommit } from '#libs/database/transactions';
import { InstancePorts } from '#libs/networking/ports/instance-ports.service';
import type { Step, StepRun } from '#libs/operations/workflow';
import { OldAgents } from '../../network/old-agents.js';
import { callOf, HostCalls } from '../../host/host-calls.js';
import { InstanceSpecs } from '../instance-specs.js';
import type { CreateContext } from './create-context.js';

/**
 * The host makes and starts it while its peers learn where it is; then it is ACTIVE, in one commit. Without an image there
 * is nothing to start: it is made and SHUTOFF (LXD: source `none`).
 */
@Injectable()
export class SpawnStep implements Step<CreateInstanceInput, CreateContext> {
  readonly name = 'spawn';

  constructor(
    private readonly hosts: HostCalls,
    private readonly specs: InstanceSpecs,
    private readonly oldAgents: OldAgents,
    private readonly ports: InstancePorts,
    private readonly transitions: InstanceTransitions,
  ) {}

  async run(run: StepRun<CreateInstanceInput, CreateContext>): Promise<void> {
    const { operation, signal } = run;
    const id = operation.resourceId;
    const hostId = run.context.hostId!;
    const [parts, agent] = await Promise.all([this.specs.ofBuild(operation), this.hosts.agent(hostId)]);
    const spec = renderInstanceSpec(parts);
    const call = callOf(run, this.name, parts.instance.epoch);
    const start = parts.image !== null;
    await Promise.all([
      agent.call('createInstance', { call, spec, start, keepOwner: false }, signal),
      this.oldAgents.announce(run, id, hostId),
    ]);
    await run.commit(async (tx) => {
      const built = start
        ? this.transitions.finishBuild(tx, id, hostId)
        : this.transitions.finishBuildStopped(tx, id, hostId);
      await Promise.all([built, withCommit(tx, this.ports.activate(tx, id))]);
    });
  }

  /** Removes what the host has made of it. A host that is down drops it when it comes back: it does not own it. */
  async undo(run: StepRun<CreateInstanceInput, CreateContext>): Promise<void> {
    const instance = await this.specs.instance(run.operation.resourceId);
    await this.hosts.whereUp(run.context.hostId!, (agent) =>
      agent.call('deleteInstance', { call: callOf(run, 'spawn-undo', instance.epoch), instanceId: instance.id }),
    );
  }
}
