import { hostOf } from '../../client/compute.js';
import type { Server } from '../../client/compute.js';
import type { Demo } from '../demo.js';
import { claim } from '../step.js';
import type { DemoStep } from '../step.js';

export const evacuate: DemoStep = {
  name: 'evacuate',
  title: 'Kill a host (agent and containers), say that it is dead, evacuate its servers, bring the host back',
  needs: ['servers'],
  async run(demo) {
    const host = hostOf(await demo.server('evacuated'));
    await demo.fleet.killHost(host);
    try {
      await demo.compute.forceDown(host, true); // an operator says so: no agent has promised to end these servers
      const servers = (await demo.compute.list()).filter((server) => hostOf(server) === host);
      await Promise.all(servers.map((server) => demo.compute.act(server.id, { evacuate: {} })));
      const moved = await Promise.all(servers.map((server) => arrived(demo, server, host)));
      const session = await demo.connect(await demo.server('evacuated'));
      claim((await session.close()).count > 0, 'it does not answer after the evacuation');
      await demo.compute.forceDown(host, false);
      await comesBack(demo, host, moved);
      return `${moved.map((server) => `${server.name} ${host} -> ${hostOf(server)}`).join(', ')}, answers; ${host} is back and clean`;
    } finally {
      await demo.compute.forceDown(host, false);
      await demo.fleet.startAgent(host);
      await demo.compute.hostIs(host, 'up');
    }
  },
};

async function arrived(demo: Demo, server: Server, host: string): Promise<Server> {
  await demo.compute.left(server.id, host);
  return demo.compute.settled(server.id, 'ACTIVE');
}

/** The host's agent stops what the host has lost, and a resync tells it to remove that. */
async function comesBack(demo: Demo, host: string, lost: readonly Server[]): Promise<void> {
  await demo.fleet.startAgent(host);
  await demo.compute.hostIs(host, 'up');
  await demo.hosts.resynced(host);
  const traces = await Promise.all(lost.map((server) => demo.fleet.traces(host, server.id, [])));
  claim(traces.flat().length === 0, `left on ${host}: ${traces.flat().join(', ')}`);
}
