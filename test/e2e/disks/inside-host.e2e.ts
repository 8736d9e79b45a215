import { test } from 'node:test';
import { HOST_REPOSITORY } from '#apps/cli/fleet/layout';
import { HOST_NODE, SimHost } from '#apps/cli/simhost/sim-host';
import { TestFleet } from '../fleet/test-fleet.js';

/** These tests need a host's tools and the file system of its agent's state; a tmpfs or an overlay can do less. */
for (const subject of ['disk-transfer', 'agent-storage']) {
  test(`inside a host, what test/integration/${subject} says is so`, async (context) => {
    const fleet = await TestFleet.open();
    context.after(() => fleet.close());
    const host = new SimHost(fleet.local.layout, fleet.local.hosts[0]!, '');
    const file = `${HOST_REPOSITORY}/dist/test/integration/agent/${subject}.test.js`;
    const node = [HOST_NODE, '--enable-source-maps', '--test', '--test-force-exit', '--test-timeout=60000', file];
    const output = await host.run(['env', 'TMPDIR=/var/lib/lxstack-agent', ...node]);
    context.diagnostic(output.trim().split('\n').slice(-8).join(', '));
  });
}
