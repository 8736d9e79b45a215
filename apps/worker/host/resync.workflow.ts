import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { createLogger } from '#libs/common/logger';
import type { Step, StepRun, Workflow } from '#libs/operations/workflow';
import { HostCalls } from './host-calls.js';
import { forwardInPages } from '../network/forwarding-pages.js';
import { HostNetworkView } from '../network/host-network-view.js';
import { OldAgents } from '../network/old-agents.js';
import { LeftoverCopies } from './leftover-copies.js';

type Run = StepRun<object, object>;

/**
 * A host is back (its lease had run out, or its agent is a new one): it forgets what it lost. Its agent by itself only stops
 * that (invariant 2). Where its networks' ports are now it follows by itself; an old agent is told.
 */
@Injectable()
export class ResyncHostWorkflow implements Workflow<object, object> {
  readonly kind = 'host.resync';
  readonly queue = 'maintenance';
  readonly steps: Step<object, object>[] = [
    { name: 'forward', run: (run) => this.forward(run) },
    { name: 'clear', run: (run) => this.left.clear(run, run.operation.resourceId), attempts: 10 },
  ];
  private readonly log = createLogger('worker');

  constructor(
    private readonly database: DataSource,
    private readonly hosts: HostCalls,
    private readonly view: HostNetworkView,
    private readonly oldAgents: OldAgents,
    private readonly left: LeftoverCopies,
  ) {}

  private async forward(run: Run): Promise<void> {
    const hostId = run.operation.resourceId;
    if (!(await this.oldAgents.isOld(hostId))) return;
    // Index ports_on_host.
    const rows = await this.database.query<{ network_id: string }[]>(
      'SELECT DISTINCT network_id FROM ports WHERE host_id = $1',
      [hostId],
    );
    const networkIds = rows.map((row) => row.network_id);
    if (!networkIds.length) return;
    await this.hosts.whereUp(hostId, async (agent) => {
      for (const id of networkIds) {
        const entries = (await this.view.entriesFor([id], hostId)).get(id)!;
        await forwardInPages(agent, run, id, entries, run.signal);
      }
    });
  }

  /** Nothing to mark: the next resync begins anew, and the audit shows what is left. */
  failed({ operation }: Pick<Run, 'operation'>, error: Error): Promise<void> {
    this.log.warn({ hostId: operation.resourceId, reason: error.message }, 'host not brought up to date');
    return Promise.resolve();
  }
}
