import { hostOf } from '../../client/compute.js';
import type { Server } from '../../client/compute.js';
import type { Demo } from '../demo.js';
import { claim } from '../step.js';
import type { DemoStep } from '../step.js';

export const refuseRestore: DemoStep = {
  name: 'refused',
  title: 'The same with a target that fails at restore: the server goes on where it is',
  needs: ['reach'],
  async run(demo) {
    const before = await demo.server('live');
    const target = await anotherHost(demo, hostOf(before));
    await demo.fleet.failRestores(target, true);
    try {
      return await moveInVain(demo, before, target);
    } finally {
      await demo.fleet.failRestores(target, false);
    }
  },
};

async function moveInVain(demo: Demo, before: Server, target: string): Promise<string> {
  let told = '';
  const reason = await demo.failureDuring(before.id, async () => {
    const { seen, result } = await demo.underTraffic(before, () => demo.compute.liveMigrate(before.id, target));
    claim(result.status !== 'completed', 'the migration succeeded although its target could not restore');
    claim(seen.open, `the connection did not survive: ${seen.failure}`);
    told =
      `migration ${result.status}, ${seen.count} messages, none lost or repeated, connection open, ` +
      `longest gap ${seen.longestGapMs.toFixed(0)} ms`;
  });
  claim(/restore/i.test(reason), `it was to fail at restore, but: ${reason}`);
  const after = await demo.server('live');
  claim(hostOf(after) === hostOf(before) && after.status === 'ACTIVE', `it is ${after.status} on ${hostOf(after)}`);
  const portIds = (await demo.portsOf(before.id)).map((port) => port.id);
  const traces = await demo.fleet.traces(target, before.id, portIds);
  claim(traces.length === 0, `left behind on ${target}: ${traces.join(', ')}`);
  return `still on ${hostOf(before)}, ${told}, nothing left on ${target}`;
}

/** A compute host that is up and is not `host`. */
async function anotherHost(demo: Demo, host: string): Promise<string> {
  const services = await demo.compute.services();
  const found = services.find(
    (service) => service.state === 'up' && service.host !== host && demo.fleet.hosts.includes(service.host),
  );
  if (!found) throw new Error(`there is no other host than ${host}`);
  return found.host;
}
