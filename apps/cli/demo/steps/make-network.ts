import type { DemoStep } from '../step.js';

const cidr = '10.20.0.0/24';

export const makeNetwork: DemoStep = {
  name: 'network',
  title: 'Network, subnet, flavor, and the client plugged into the network',
  needs: [],
  async run(demo) {
    const { id } = await demo.network.ensureNetwork('demo', cidr);
    demo.networkId = id;
    demo.flavorId = await demo.compute.ensureFlavor('demo.small', { vcpus: 1, ram: 256, disk: 2 });
    const port = await demo.network.ensureHostPort('demo-client', id, demo.fleet.client.host);
    await demo.events.until(port.id, 'the client is plugged in', 60_000, async () =>
      (await demo.network.showPort(port.id)).status === 'ACTIVE' ? true : undefined,
    );
    return `${cidr}, client has ${port.fixed_ips[0]?.ip_address}`;
  },
};
