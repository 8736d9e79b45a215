import assert from 'node:assert/strict';
import { test } from 'node:test';
import { background } from './fleet/inside.js';
import { TestFleet } from './fleet/test-fleet.js';

/** A process looks as if it had started with the move. */
const SEES_ITS_MOVE = `
started() { read -r line < /proc/$$/stat; set -- $line; echo "\${22}"; }
first=$(started)
while [ "$(started)" = "$first" ]; do usleep 1000; done
poweroff -f`;

test('a guest that powers itself off as soon as it has been moved stays off', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { compute } = fleet.cloud;
  for (const round of [1, 2, 3]) {
    const server = await fleet.running(`e2e-ends-${round}`);
    await background(fleet, server, 'sh', '-c', SEES_ITS_MOVE);
    await compute.movesLive(server.id);
    assert.equal((await compute.settled(server.id, 'SHUTOFF')).status, 'SHUTOFF');
    await fleet.assertAudited();
    // It was stopped, not lost.
    await compute.act(server.id, { 'os-start': null });
    await fleet.answers(await compute.settled(server.id, 'ACTIVE'));
    await fleet.remove(server.id);
  }
  await fleet.assertAudited();
});
