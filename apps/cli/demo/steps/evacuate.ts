import { hostOf } from '../../client/compute.js';
import { claim } from '../step.js';
import type { DemoStep } from '../step.js';

export const evacuate: DemoStep = {
  name: 'evacuate',
  title: 'Kill a host (agent and containers) and evacuate its servers',
  needs: ['servers'],
  async run(demo) {
    const host = hostOf(await demo.server('evacuated'));
    await demo.fleet.killHost(host);
    try {
      await demo.compute.hostIs(host, 'down');
      const servers = (await demo.compute.list()).filter((server) => hostOf(server) === host);
      await Promise.all(servers.map((server) => demo.compute.act(server.id, { evacuate: {} })));
      const moved = await Promise.all(
        servers.map(async (server) => {
          await demo.compute.left(server.id, host);
          return demo.compute.settled(server.id, 'ACTIVE');
        }),
      );
      const session = await demo.connect(await demo.server('evacuated'));
      claim((await session.close()).count > 0, 'it does not answer after the evacuation');
      return moved.map((server) => `${server.name} ${host} -> ${hostOf(server)}, answers`).join('; ');
    } finally {
      await demo.fleet.startAgent(host);
      await demo.compute.hostIs(host, 'up');
    }
  },
};
