import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import { background, inside } from './fleet/inside.js';
import { TestFleet } from './fleet/test-fleet.js';
import { guest } from './sockets/guest.js';
import { inClient } from './sockets/in-client.js';

test('sockets of every kind live through live moves there and back, with what is in their queues', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { network, compute } = fleet.cloud;
  const { id: networkId } = await dualStack(fleet);
  const port = await network.ensureHostPort('e2e-sockets-client', networkId, fleet.local.client.host);
  const id = await fleet.create('e2e-sockets', 'debian', { networks: [{ uuid: networkId }] });
  const server = await compute.settled(id, 'ACTIVE');
  const addresses = Object.values(server.addresses).flatMap((all) => all.map(({ addr }) => addr));
  const v4 = addresses.find((address) => !address.includes(':'))!;
  const v6 = addresses.find((address) => address.includes(':'))!;
  const home = hostOf(server);

  const client = inClient(fleet, 'kinds', v4, v6);
  context.after(() => client.kill());
  const peer = port.fixed_ips.find(({ ip_address }) => !ip_address.includes(':'))!.ip_address;
  assert.equal(await client.line(), 'listening');
  await background(fleet, server, 'perl', '-e', guest, peer);
  assert.equal(await client.line(), 'ready');

  await compute.movesLive(id);
  assert.notEqual(hostOf(await compute.show(id)), home);
  await compute.movesLive(id, home);

  await inside(fleet, server, '/bin/touch', '/tmp/go');
  client.finish();
  const wrong = JSON.parse(await client.line()) as Record<string, string | null>;
  assert.deepEqual(
    Object.entries(wrong).filter(([, words]) => words !== null),
    [],
  );
  const script =
    'for f in unix1 unix2 unix5 unixnamed half; do until [ -e /tmp/$f ]; do sleep 0.1; done; cat /tmp/$f; echo; done';
  const kept = await inside(fleet, server, '/bin/sh', '-c', script);
  assert.deepEqual(kept.trim().split('\n'), ['kept', 'kept', 'kept', 'named', 'half']);
  await fleet.remove(id);
  await fleet.assertAudited();
});

/** A network with a subnet of each family. */
async function dualStack(fleet: TestFleet): Promise<{ id: string }> {
  const { network, api } = fleet.cloud;
  const made = await network.ensureNetwork('e2e-sockets', '10.32.0.0/24');
  const subnet = { network_id: made.id, name: 'e2e-sockets-6', ip_version: 6, cidr: 'fd32::/64' };
  if (made.created) await api.call('POST', '/networking/v2.0/subnets', { subnet });
  return made;
}
