import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Port } from '#libs/networking/ports/port.entity';
import type { BindPortInput } from '#libs/networking/ports/port-operations';
import { HostNetworks } from '#libs/networking/views/host-networks';
import type { Step, StepRun, Workflow } from '#libs/operations/workflow';
import { forwardInPages } from './forwarding-pages.js';
import { OldAgents } from './old-agents.js';
import { callOf, HostCalls } from '../host/host-calls.js';
import { HostNetworkView } from './host-network-view.js';

type Run = StepRun<BindPortInput, object>;

/** A port of no instance is plugged into the host's own namespace (DHCP, routers, the demo's client). */
@Injectable()
export class BindPortWorkflow implements Workflow<BindPortInput, object> {
  readonly kind = 'port.bind';
  readonly queue = 'instance';
  readonly steps: Step<BindPortInput, object>[] = [
    { name: 'plug', run: (run) => this.plug(run), undo: (run) => this.unplug(run) },
  ];

  constructor(
    private readonly hosts: HostCalls,
    private readonly networks: HostNetworks,
    private readonly view: HostNetworkView,
    private readonly oldAgents: OldAgents,
  ) {}

  private async plug(run: Run): Promise<void> {
    const { hostId } = run.input;
    const portId = run.operation.resourceId;
    const nic = await this.networks.nicOfPort(portId);
    if (!nic) return; // deleted meanwhile
    const isOld = await this.oldAgents.isOld(hostId);
    const [agent, [network], own] = await Promise.all([
      this.hosts.agent(hostId),
      this.networks.networkSpecsFor([nic.networkId]),
      isOld ? this.view.entriesFor([nic.networkId], hostId) : undefined, // the others follow
    ]);
    const call = callOf(run, 'plug', 0);
    await Promise.all([
      agent.call('ensurePort', { call, network, nic, entries: [] }, run.signal),
      this.oldAgents.tellPeers(run, [nic], hostId),
    ]);
    await forwardInPages(agent, run, nic.networkId, own?.get(nic.networkId) ?? [], run.signal);
    await run.commit((tx) => tx.update(Port, { id: portId, hostId }, { status: 'ACTIVE' }));
  }

  private async unplug(run: Run): Promise<void> {
    const call = callOf(run, 'plug-undo', 0);
    const { resourceId: portId } = run.operation;
    await this.hosts.whereUp(run.input.hostId, (agent) => agent.call('deletePort', { call, portId }));
  }

  async failed({ operation }: Pick<Run, 'operation'>, _error: Error, tx: EntityManager) {
    await tx.update(Port, { id: operation.resourceId }, { status: 'ERROR' });
  }
}
