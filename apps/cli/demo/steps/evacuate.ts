import { hostOf } from '../../client/compute.js';
import type { Demo } from '../demo.js';
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
      await serviceIs(demo, host, 'down');
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
      await demo.fleet.reviveHost(host);
      await serviceIs(demo, host, 'up');
    }
  },
};

/** Waits until the host's lease has run out (`down`), or is held again (`up`). */
async function serviceIs(demo: Demo, host: string, state: 'up' | 'down'): Promise<void> {
  const path = `/compute/v2.1/os-services?host=${host}`;
  await demo.events.until('host', `host ${host} is ${state}`, 60_000, async () => {
    const { services } = await demo.api.call<{ services: { state: string }[] }>('GET', path);
    return services.every((service) => service.state === state) ? true : undefined;
  });
}
