import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import { inside } from '../fleet/inside.js';
import { StreamFault } from '../fleet/stream-fault.js';
import { TestFleet } from '../fleet/test-fleet.js';

const WHOLE = 'the whole of it, without its image as parent';
const TREE = 'as a tree';

test('a target that cannot take the stream of a disk gets all of the disk in another way', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  if (fleet.local.storage !== 'btrfs') return context.skip(`no streams on ${fleet.local.storage}`);
  const server = await fleet.running('e2e-refused-stream');
  const write = 'rm -f /etc/motd; head -c 3000000 /dev/urandom >/etc/bulk; sha256sum /etc/bulk | tee /etc/sum';
  const sum = await inside(fleet, server, '/bin/sh', '-c', write);
  const moved = async (...answers: ('take' | 'refuse')[]) => {
    const home = hostOf(await fleet.cloud.compute.show(server.id));
    const target = await fleet.otherHost(home);
    const before = (await fellBack(fleet, home, server)).length;
    const fault = new StreamFault(fleet.local.layout, target);
    await fault.set(...answers);
    try {
      await fleet.cloud.compute.movesLive(server.id, target);
    } finally {
      await fault.clear();
    }
    await fleet.answers(server);
    const check = 'sha256sum /etc/bulk; cat /etc/sum; test -e /etc/motd || echo gone';
    assert.equal(await inside(fleet, server, '/bin/sh', '-c', check), `${sum}${sum}gone\n`);
    for (const host of [home, target])
      assert.deepEqual(await copies(fleet, host, server), [], `copies left at ${host}`);
    return (await fellBack(fleet, home, server)).slice(before);
  };

  assert.deepEqual(await moved(), [], 'upon its image');
  assert.deepEqual(await moved(), [], 'and back: both hosts have the image now');
  assert.deepEqual(await moved('refuse'), [WHOLE]);
  assert.deepEqual(await moved('refuse', 'refuse'), [WHOLE, TREE]);
  assert.deepEqual(await moved('take', 'refuse'), [TREE], 'in its second pass');
  await fleet.remove(server.id);
  await fleet.assertAudited();
});

/** How the server's disk was sent in the end, as its source's agent logs it. */
async function fellBack(fleet: TestFleet, host: string, server: Server): Promise<string[]> {
  const lines = (await fleet.local.agentLog(host)).split('\n');
  return lines
    .filter((line) => line.includes(server.id) && line.includes('the disk goes in another way'))
    .map((line) => JSON.parse(line) as { how: string; why: string })
    .map(({ how, why }) => (assert.match(why, /the test breaks it off/), how));
}

async function copies(fleet: TestFleet, host: string, server: Server): Promise<string[]> {
  const place = join(fleet.local.layout.host(host).agentState, 'instances', server.id);
  const found = await readdir(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return found.filter((name) => name.startsWith('pass-'));
}
