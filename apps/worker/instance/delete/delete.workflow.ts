import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { DeleteInstanceInput } from '#libs/compute/instances/actions/instance-operations';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import { withCommit } from '#libs/database/transactions';
import { InstancePorts } from '#libs/networking/ports/instance-ports.service';
import type { Step, StepRun, Workflow } from '#libs/operations/workflow';
import { Claims } from '#libs/scheduling/claims/claims.service';
import { OldAgents } from '../../network/old-agents.js';
import { callOf, HostCalls } from '../../host/host-calls.js';
import { InstanceSpecs } from '../instance-specs.js';
import { faultOf } from '../fault.js';

/** Moves that wait for their confirm: there is nothing to go back to. Index: migrations_of_instance. */
const CONFIRM_MOVES = `
  UPDATE migrations SET status = 'confirmed', updated_at = now() WHERE instance_id = $1 AND status = 'finished'`;

type Run = StepRun<DeleteInstanceInput, object>;

/**
 * Removes an instance from its host, then from the record. Does not wait for a host that is down (as Nova deletes locally): its
 * agent stops the instance when it comes back. Whoever made this operation has asked those under way to cancel.
 */
@Injectable()
export class DeleteWorkflow implements Workflow<DeleteInstanceInput, object> {
  readonly kind = 'instance.delete';
  readonly queue = 'instance';
  readonly steps: Step<DeleteInstanceInput, object>[] = [
    { name: 'remove', run: (run) => this.remove(run), attempts: 10 },
    { name: 'forget', run: (run) => this.forget(run), pointOfNoReturn: true },
  ];

  constructor(
    private readonly hosts: HostCalls,
    private readonly specs: InstanceSpecs,
    private readonly oldAgents: OldAgents,
    private readonly claims: Claims,
    private readonly ports: InstancePorts,
    private readonly transitions: InstanceTransitions,
  ) {}

  private async remove(run: Run): Promise<void> {
    const { operation, signal } = run;
    const instance = await this.specs.instance(operation.resourceId);
    if (!instance.hostId) return;
    const call = callOf(run, 'remove', instance.epoch);
    const instanceId = instance.id;
    await Promise.all([
      this.hosts.whereUp(instance.hostId, (agent) => agent.call('deleteInstance', { call, instanceId }, signal)),
      this.oldAgents.withdrawInstance(run, instanceId, instance.hostId),
      this.releaseKeptCopy(run, instance.epoch),
    ]);
  }

  /** Removes the source's copy when the instance waited for confirm or revert. */
  private async releaseKeptCopy(run: Run, epoch: number): Promise<void> {
    const instanceId = run.operation.resourceId;
    const [kept] = await this.specs.unconfirmed(instanceId);
    if (!kept?.sourceHostId) return;
    const request = { call: callOf(run, 'release', epoch), migrationId: kept.uuid, instanceId };
    await this.hosts.whereUp(kept.sourceHostId, (agent) => agent.call('releaseMigration', request, run.signal));
  }

  private async forget(run: Run): Promise<void> {
    const instanceId = run.operation.resourceId;
    await run.commit(async (tx) => {
      // The claims come last: whoever claims on the host waits for them until the commit.
      const statements = [
        this.ports.releaseForInstance(tx, instanceId),
        tx.query(CONFIRM_MOVES, [instanceId]),
        this.transitions.markDeleted(tx, instanceId),
        this.claims.releaseInstance(instanceId, tx),
      ];
      await Promise.all(statements.map((asked) => withCommit(tx, asked)));
    });
  }

  /** The host is up and could not remove the instance: ERROR, so that it can be deleted again. */
  async failed({ operation }: Pick<Run, 'operation'>, error: Error, tx: EntityManager) {
    await this.transitions.setError(tx, operation.resourceId, faultOf(error));
    await this.transitions.clearTask(tx, operation.resourceId, 'deleting');
  }
}
