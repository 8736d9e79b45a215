import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import { sleep } from '#libs/common/clock';
import { memoryGuest, moveIs, pageDaemons, roundAfter, roundOf } from './fleet/memory-guest.js';
import { TestFleet } from './fleet/test-fleet.js';

test('an agent that is killed while memory is still being mapped in: the server has all of it all the same', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { compute } = fleet.cloud;
  const server = await memoryGuest(fleet, 'e2e-mapping');
  const target = await fleet.otherHost(hostOf(server));
  const before = roundOf(server.id);
  const ended = await compute.startLiveMigration(server.id, target);
  const daemons = await inTheMiddle(server.id, 'SIGSTOP');
  context.after(() => signal(daemons, 'SIGCONT'));
  await fleet.local.killAgent(target);
  await fleet.local.startAgent(target);
  await fleet.cloud.compute.hostIs(target, 'up');
  signal(daemons, 'SIGCONT');
  assert.equal((await ended()).status, 'completed');
  await roundAfter(server.id, before + 1);
  await compute.movesLive(server.id);
  await roundAfter(server.id, before + 3);
  await fleet.remove(server.id);
  await fleet.assertAudited();
});

test('the process that maps memory in dies after the commit: the server ends, it never runs on with zeros', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { compute } = fleet.cloud;
  const server = await memoryGuest(fleet, 'e2e-unmapped-late');
  const target = await fleet.otherHost(hostOf(server));
  const ended = await compute.startLiveMigration(server.id, target);
  await inTheMiddle(server.id, 'SIGKILL');
  // Within the move its last step finds the server stopped and starts it; after the move the server has ended by
  // itself.
  const outcome = await fleet.cloud.events.until(server.id, 'it has ended', 120_000, async () => {
    if ((await compute.show(server.id)).status === 'SHUTOFF') return 'stopped';
    const log = await fleet.local.agentLog(target);
    return new RegExp(`"instance":"${server.id}".*"msg":"started"`).test(log) ? 'started from its disk' : undefined;
  });
  context.diagnostic(outcome);
  await agentSays(fleet, target, new RegExp(`"instanceId":"${server.id}".*ended before all memory was mapped`));
  if (outcome === 'stopped') await compute.act(server.id, { 'os-start': null });
  await fleet.answers(await compute.settled(server.id, 'ACTIVE'));
  await ended();
  assert.equal(hostOf(await compute.show(server.id)), target);
  const complaint = await fleet.local.runInside(target, server.id, ['cat', '/root/memory.err']);
  assert.equal(complaint, '', 'nobody has seen a page that was not as it should be');
  await fleet.remove(server.id);
  await fleet.assertAudited();
});

/** Waits for a line of the agent's log, which is no event and must be looked for. */
async function agentSays(fleet: TestFleet, host: string, words: RegExp): Promise<void> {
  for (const deadline = Date.now() + 120_000; !words.test(await fleet.local.agentLog(host));) {
    assert.ok(Date.now() < deadline, `the agent of ${host} does not say ${words}`);
    await sleep(100);
  }
}

/**
 * Waits until a move of the instance is committed and its pages are being mapped in; returns the processes that do so,
 * which have got the signal. They are stopped from before the commit on, because on a busy machine they could finish
 * before it.
 */
async function inTheMiddle(instanceId: string, what: NodeJS.Signals): Promise<number[]> {
  let pids: number[] = [];
  const reached = async (mark: 'awaiting' | 'committed') => {
    for (const deadline = Date.now() + 120_000; ; await sleep(2)) {
      pids = pageDaemons(instanceId);
      if (moveIs(mark, pids)) return;
      assert.ok(Date.now() < deadline, `no move of it is ${mark}`);
    }
  };
  await reached('awaiting');
  signal(pids, 'SIGSTOP');
  await reached('committed');
  signal(pids, what);
  return pids;
}

function signal(pids: readonly number[], what: NodeJS.Signals): void {
  for (const pid of pids)
    try {
      process.kill(pid, what);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it had mapped everything
    }
}
