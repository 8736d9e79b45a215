import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inside } from '../fleet/inside.js';
import { TestFleet } from '../fleet/test-fleet.js';

const GiB = 1024 ** 3;
const BLOCK = 4096;

test('a file of 300 GiB with 4 KiB written at 250 GiB moves live and cold, there and back, and stays sparse', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { compute } = fleet.cloud;
  const server = await fleet.running('e2e-sparse-giant');
  const shell = (script: string) => inside(fleet, server, '/bin/sh', '-c', script);
  const at = (250 * GiB) / BLOCK;
  await shell(
    `truncate -s 300G /etc/giant && dd if=/dev/urandom of=/etc/giant bs=${BLOCK} count=1 seek=${at} conv=notrunc 2>/dev/null`,
  );
  const look = async () => {
    const text = await shell(
      `dd if=/etc/giant bs=${BLOCK} count=1 skip=${at} 2>/dev/null | md5sum; stat -c '%s %b' /etc/giant`,
    );
    const [, hash, size, blocks] = /^(\w+) .*\n(\d+) (\d+)/.exec(text) ?? [];
    assert.equal(Number(size), 300 * GiB);
    assert.ok(Number(blocks) * 512 < 64 * 1024 ** 2, `it takes ${blocks} blocks of 512 bytes`);
    return hash;
  };
  const hash = await look();
  for (const move of ['live', 'live', 'cold', 'cold'] as const) {
    if (move === 'live') await compute.movesLive(server.id);
    else {
      await compute.coldMigrate(server.id);
      await compute.act(server.id, { confirmResize: null });
      await fleet.answers(await compute.settled(server.id, 'ACTIVE'));
    }
    assert.equal(await look(), hash, move);
    await shell('echo a little more >> /etc/giant && truncate -s 300G /etc/giant');
  }
  await fleet.remove(server.id);
  await fleet.assertAudited();
});
