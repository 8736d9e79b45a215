import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import { PingPongSession } from '#apps/cli/client/ping-pong-session';
import { TestFleet } from './fleet/test-fleet.js';

for (const count of [2, 4])
  test(`${count} NICs: each keeps its connection through a refused restore and through live moves there and back`, async (context) => {
    const fleet = await TestFleet.open();
    context.after(() => fleet.close());
    const networks = await Promise.all(Array.from({ length: count }, (_, i) => networkWithClient(fleet, i + 1)));
    const id = await fleet.create(`e2e-nics-${count}`, 'busybox', { networks: networks.map((uuid) => ({ uuid })) });
    const server = await fleet.cloud.compute.settled(id, 'ACTIVE');
    const sessions = await Promise.all(
      addressesOf(server).map((address) => PingPongSession.open(fleet.local.client.namespace, address)),
    );
    assert.equal(sessions.length, count);
    const home = hostOf(server);
    const away = await fleet.otherHost(home);
    await fleet.local.failRestores(away, true);
    context.after(() => fleet.local.failRestores(away, false));
    assert.equal((await fleet.cloud.compute.liveMigrate(id, away)).status, 'error');
    await fleet.local.failRestores(away, false);
    await fleet.cloud.compute.movesLive(id, away);
    assert.equal(hostOf(await fleet.cloud.compute.show(id)), away);
    await fleet.cloud.compute.movesLive(id, home);
    for (const session of sessions) {
      const seen = await session.close();
      assert.ok(seen.open, seen.failure);
      context.diagnostic(`${seen.count} messages, longest gap ${seen.longestGapMs} ms`);
    }
    await fleet.remove(id);
    await fleet.assertAudited();
  });

/** Makes a network for the NIC of this number, with a port of the client. */
async function networkWithClient(fleet: TestFleet, number: number): Promise<string> {
  const { network, events } = fleet.cloud;
  const { id } = await network.ensureNetwork(`e2e-nic-${number}`, `10.31.${number}.0/24`);
  const port = await network.ensureHostPort(`e2e-client-${number}`, id, fleet.local.client.host);
  await events.until(port.id, 'the client is plugged in', 120_000, async () =>
    (await network.showPort(port.id)).status === 'ACTIVE' ? true : undefined,
  );
  return id;
}

const addressesOf = (server: Server): string[] =>
  Object.values(server.addresses).flatMap((ofNetwork) => ofNetwork.map(({ addr }) => addr));
