import { addressOf, hostOf } from '../../client/compute.js';
import type { Demo, ServerRole } from '../demo.js';
import { claim } from '../step.js';
import type { DemoStep } from '../step.js';

const servers: { role: ServerRole; name: string; image: string }[] = [
  { role: 'live', name: 'demo-live', image: 'debian' },
  { role: 'cold', name: 'demo-cold', image: 'busybox' },
  { role: 'evacuated', name: 'demo-evacuated', image: 'busybox' },
];

export const createServers: DemoStep = {
  name: 'servers',
  title: 'Create three servers, spread by the scheduler',
  needs: ['images', 'network'],
  async run(demo) {
    await removeLeftOvers(demo);
    for (const { role, name, image } of servers) {
      demo.servers.set(role, await demo.compute.create(name, demo.imageIds.get(image)!, demo.flavorId, demo.networkId));
    }
    const ready = await Promise.all([...demo.servers.values()].map((id) => demo.compute.settled(id, 'ACTIVE')));
    const hosts = new Set(ready.map(hostOf));
    claim(hosts.size === servers.length, `all servers were to be spread, but they are on ${[...hosts].join(', ')}`);
    return ready.map((server) => `${server.name} ${addressOf(server).address} on ${hostOf(server)}`).join(', ');
  },
};

/** Removes servers with the demo's names that an earlier run left. */
async function removeLeftOvers(demo: Demo): Promise<void> {
  const names = new Set(servers.map(({ name }) => name));
  const old = (await demo.compute.list()).filter((server) => names.has(server.name));
  await Promise.all(
    old.map(async ({ id }) => {
      await demo.compute.remove(id);
      await demo.compute.gone(id);
    }),
  );
}
