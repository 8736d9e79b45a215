import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { addressOf, hostOf } from '#apps/cli/client/compute';
import { bridgeOf, vxlanOf } from '#apps/agent/network/interface-names';
import { TestFleet } from './fleet/test-fleet.js';

const STATE = '/var/lib/lxstack-agent';
const PATIENCE_MS = 120_000;

test('an agent that starts while api and worker are down applies the document on its disk: guests talk, DHCP answers', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const [here, there] = fleet.local.hosts;
  const on = (host: string, ...words: string[]) => fleet.local.runOn(host, words);
  const make = (name: string, image: 'debian' | 'busybox', host: string) =>
    fleet.running(name, image, { availability_zone: `nova:${host}` });
  const one = await make('e2e-alone-1', 'debian', here);
  const two = await make('e2e-alone-2', 'busybox', there);
  assert.deepEqual([hostOf(one), hostOf(two)], [here, there]);
  const vni = await vniOf(fleet);
  const talks = () => fleet.local.runInside(there, two.id, ['ping', '-c', '1', '-W', '2', addressOf(one).address]);
  const leases = () =>
    fleet.local.runInside(here, one.id, [
      'udhcpc',
      '-i',
      'eth0',
      '-f',
      '-n',
      '-q',
      '-t',
      '3',
      '-T',
      '1',
      '-s',
      '/bin/true',
    ]);
  const resources = async () =>
    (JSON.parse(await on(here, 'cat', `${STATE}/desired-state.json`)) as { resources: Resource[] }).resources;
  await eventually('the document on the disk has both guests', async () => {
    const macs = (await resources()).map(({ body }) => body.value.mac);
    for (const { mac } of [addressOf(one), addressOf(two)]) assert.ok(macs.includes(mac), mac);
  });
  await talks();
  await leases();

  await fleet.local.killProcess('worker');
  await fleet.local.killProcess('api');
  await fleet.local.killAgent(here);
  const { address, mac } = addressOf(two);
  const broken = [
    `bridge fdb del ${mac} dev ${vxlanOf(vni)} self`,
    `bridge fdb del ${mac} dev ${vxlanOf(vni)} master`,
    `ip neigh del ${address} dev ${bridgeOf(vni)}`,
    `kill $(cat ${STATE}/dhcp/lxd${vni}/pid)`,
  ];
  for (const command of broken) await on(here, '/bin/sh', '-c', command);
  await assert.rejects(talks(), 'nothing is flooded: without its entries the host sends no answer');
  await assert.rejects(leases(), 'nobody serves DHCP');

  await fleet.local.startAgent(here);
  await eventually('the guests talk', talks);
  await eventually('DHCP answers', leases);

  await fleet.local.startProcess('api');
  await fleet.local.startProcess('worker');
  await fleet.cloud.compute.hostIs(here, 'up');
  await fleet.assertAudited();
  await fleet.remove(one.id, two.id);
  await fleet.assertAudited();
});

interface Resource {
  body: { value: { mac?: string } };
}

async function vniOf(fleet: TestFleet): Promise<number> {
  const path = `/networking/v2.0/networks/${fleet.networkId}`;
  const { network } = await fleet.cloud.api.call<{ network: { 'provider:segmentation_id': number } }>('GET', path);
  return network['provider:segmentation_id'];
}

/** Tries until it works. There is no API that would tell of events. */
async function eventually(what: string, attempt: () => Promise<unknown>): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(200)) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (Date.now() > deadline) assert.fail(`${what}: ${(error as Error).message}`);
    }
  }
}
