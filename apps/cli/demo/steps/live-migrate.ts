import { addressOf, hostOf } from '../../client/compute.js';
import { claim } from '../step.js';
import type { DemoStep } from '../step.js';

export const liveMigrate: DemoStep = {
  name: 'live',
  title: 'Live-migrate a server while a client talks to it every 10 ms',
  needs: ['reach'],
  async run(demo) {
    const before = await demo.server('live');
    const ports = await demo.portsOf(before.id);
    const { seen, result } = await demo.underTraffic(before, () => demo.compute.liveMigrate(before.id));
    claim(result.status === 'completed', `the migration ended as ${result.status}`);
    claim(seen.open, `the connection did not survive: ${seen.failure}`);
    const after = await demo.server('live');
    claim(hostOf(after) !== hostOf(before), `the server is still on ${hostOf(before)}`);
    const [was, is] = [addressOf(before), addressOf(after)];
    claim(was.address === is.address && was.mac === is.mac, `address or MAC changed: ${JSON.stringify([was, is])}`);
    const portIds = ports.map((port) => port.id);
    const traces = await demo.fleet.traces(hostOf(before), before.id, portIds);
    claim(traces.length === 0, `left behind on ${hostOf(before)}: ${traces.join(', ')}`);
    return (
      `${hostOf(before)} -> ${hostOf(after)}, ${seen.count} messages, none lost or repeated, connection open, ` +
      `longest gap ${seen.longestGapMs.toFixed(0)} ms; ${is.address} ${is.mac} unchanged, nothing left on the source`
    );
  },
};
