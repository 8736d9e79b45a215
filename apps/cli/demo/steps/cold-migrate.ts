import { addressOf, hostOf } from '../../client/compute.js';
import { claim } from '../step.js';
import type { DemoStep } from '../step.js';

export const coldMigrate: DemoStep = {
  name: 'cold',
  title: 'Cold-migrate a second server and confirm',
  needs: ['servers'],
  async run(demo) {
    const before = await demo.server('cold');
    const moved = await demo.compute.coldMigrate(before.id);
    claim(hostOf(moved) !== hostOf(before), `the server is still on ${hostOf(before)}`);
    await demo.compute.act(before.id, { confirmResize: null });
    const after = await demo.compute.settled(before.id, 'ACTIVE');
    claim(addressOf(after).mac === addressOf(before).mac, 'its MAC changed');
    const ports = await demo.portsOf(before.id);
    const traces = await demo.fleet.traces(
      hostOf(before),
      before.id,
      ports.map((port) => port.id),
    );
    claim(traces.length === 0, `left behind on ${hostOf(before)}: ${traces.join(', ')}`);
    const session = await demo.connect(after);
    const seen = await session.close();
    claim(seen.count > 0, `it does not answer: ${seen.failure}`);
    return `${hostOf(before)} -> ${hostOf(after)}, confirmed, answers, nothing left on the source`;
  },
};
