import { hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import { SimHost } from '#apps/cli/simhost/sim-host';
import type { TestFleet } from './test-fleet.js';

const lxcPath = '/var/lib/lxstack-agent/instances';

/** Runs a command inside a server, on the host where it is now; returns what it wrote. Throws where it fails. */
export async function inside(fleet: TestFleet, server: Server, ...command: string[]): Promise<string> {
  const host = hostOf(await fleet.cloud.compute.show(server.id));
  const attach = ['lxc-attach', '-n', server.id, '-P', lxcPath, '--clear-env', '--'];
  return new SimHost(fleet.local.layout, host, '').run([...attach, ...command]);
}

/** Starts a command that outlives the exec, in a session of its own and without files of the caller. */
export async function background(fleet: TestFleet, server: Server, ...command: string[]): Promise<void> {
  const script = 'setsid "$@" </dev/null >/tmp/background.log 2>&1 & sleep 0.5';
  await inside(fleet, server, '/bin/sh', '-c', script, 'sh', ...command);
}
