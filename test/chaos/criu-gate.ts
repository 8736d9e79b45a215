import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from '#apps/cli/fleet/layout';
import { SimHost } from '#apps/cli/simhost/sim-host';

const CRIU = '/usr/sbin/criu';
const INSIDE = '/run/chaos';

/**
 * A host whose CRIU can be made to fail at any time, also while it runs: a script covers /usr/sbin/criu and adds an
 * action script, which looks for the order to fail when the dump begins or when everything is restored. Not at
 * post-dump: there CRIU runs all action scripts whatever one returns, so the move's own would still be told to commit.
 */
export class CriuGate {
  private readonly simHost: SimHost;
  private readonly orders: string;

  constructor(layout: Layout, host: string) {
    this.simHost = new SimHost(layout, host, '');
    this.orders = join(layout.host(host).agentState, 'chaos');
  }

  async install(): Promise<void> {
    await mkdir(this.orders, { recursive: true });
    const orders = '/var/lib/lxstack-agent/chaos';
    const gate = `#!/bin/sh
case $CRTOOLS_SCRIPT_ACTION in
  network-lock) [ ! -e ${orders}/dump ] ;;
  post-restore) [ ! -e ${orders}/restore ] ;;
esac
`;
    const criu = `#!/bin/sh
case $1 in
  dump | restore) exec ${INSIDE}/criu.real "$@" --action-script ${INSIDE}/gate ;;
esac
exec ${INSIDE}/criu.real "$@"
`;
    const mounts = await this.simHost.run(['cat', '/proc/self/mounts']);
    if (mounts.split('\n').some((line) => line.split(' ')[1] === CRIU)) return;
    for (const [name, text] of Object.entries({ gate, criu })) {
      await writeFile(join(this.orders, name), text);
      await chmod(join(this.orders, name), 0o755);
    }
    await this.simHost.run(['mkdir', '-p', INSIDE]);
    await this.simHost.run(['cp', `${orders}/gate`, `${orders}/criu`, INSIDE]);
    await this.simHost.run(['cp', CRIU, `${INSIDE}/criu.real`]);
    await this.simHost.run(['mount', '--bind', `${INSIDE}/criu`, CRIU]);
  }

  async fail(what: 'dump' | 'restore'): Promise<void> {
    await writeFile(join(this.orders, what), '');
  }

  async work(): Promise<void> {
    for (const what of ['dump', 'restore']) await rm(join(this.orders, what), { force: true });
  }
}
