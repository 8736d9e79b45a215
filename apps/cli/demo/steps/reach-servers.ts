import { addressOf } from '../../client/compute.js';
import type { Demo, ServerRole } from '../demo.js';
import type { DemoStep } from '../step.js';

const patienceMs = 30_000;

export const reachServers: DemoStep = {
  name: 'reach',
  title: 'Reach each server on its fixed address from the client',
  needs: ['servers'],
  async run(demo) {
    const roles = [...demo.servers.keys()];
    return (await Promise.all(roles.map((role) => reach(demo, role)))).join(', ');
  },
};

/** ACTIVE tells that the server's init runs; its echo service starts a moment later. */
async function reach(demo: Demo, role: ServerRole): Promise<string> {
  const server = await demo.server(role);
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      const session = await demo.connect(server);
      const report = await session.close();
      if (report.count > 0) return `${addressOf(server).address} answers`;
      throw new Error(`${addressOf(server).address}: ${report.failure}`);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
}
