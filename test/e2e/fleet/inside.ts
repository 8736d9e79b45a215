import { hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import type { TestFleet } from './test-fleet.js';

/** Runs a command inside a server, on its present host; returns the command's stdout. Throws where it fails. */
export async function inside(fleet: TestFleet, server: Server, ...command: string[]): Promise<string> {
  const host = hostOf(await fleet.cloud.compute.show(server.id));
  return fleet.local.runInside(host, server.id, command);
}

/** Starts a command that outlives the exec, in a session of its own and without files of the caller. */
export async function background(fleet: TestFleet, server: Server, ...command: string[]): Promise<void> {
  const script = 'setsid "$@" </dev/null >/tmp/background.log 2>&1 & sleep 0.5';
  await inside(fleet, server, '/bin/sh', '-c', script, 'sh', ...command);
}
