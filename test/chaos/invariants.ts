import { hostOf } from '#apps/cli/client/compute';
import { messageOf } from '#libs/common/errors';
import { sleep } from '#libs/common/clock';
import type { TestFleet } from '#test/e2e/fleet/test-fleet';
import { checkpointsOf, leftOfMove, runsOn } from './remains.js';

const SETTLE_MS = 120_000;

/** Everything that is wrong after a move of the instance has ended. What is still going on gets some time to end. */
export async function violations(fleet: TestFleet, instanceId: string): Promise<string[]> {
  for (const deadline = Date.now() + SETTLE_MS; ; await sleep(400)) {
    const found = await look(fleet, instanceId).catch((error: unknown) => [`cannot look: ${messageOf(error)}`]);
    if (!found.length || Date.now() > deadline) return found;
  }
}

async function look({ cloud, local }: TestFleet, instanceId: string): Promise<string[]> {
  const server = await cloud.compute.show(instanceId);
  const ports = (await cloud.portsOf(instanceId)).map((port) => port.id);
  const home = hostOf(server);
  const others = local.hosts.filter((host) => host !== home);
  const [running, checkpoints, audit, ...left] = await Promise.all([
    runsOn(local, instanceId),
    checkpointsOf(instanceId),
    local.audit(),
    ...others.map(async (host) => (await local.traces(host, instanceId, ports)).map((trace) => `${host}: ${trace}`)),
    ...local.hosts.map((host) => leftOfMove(local, host)),
  ]);
  const rest = server.status === 'ACTIVE' && server['OS-EXT-STS:task_state'] === null;
  return [
    ...(rest ? [] : [`the server is ${server.status}, ${server['OS-EXT-STS:task_state']}`]),
    ...(running.join() === home ? [] : [`it should run on ${home}, and runs on [${running.join(' ')}]`]),
    ...checkpoints,
    ...audit.map((difference) => `audit: ${difference}`),
    ...left.flat(),
  ];
}
