import { test } from 'node:test';
import { TestFleet } from '#test/e2e/fleet/test-fleet';
import { Guests } from './guests.js';
import { gapWords, tried, workloads } from './trial.js';

/** Moves there and back of each workload: `npm run workloads` makes ten. */
const ROUNDS = 1;

test("what Debian's packages do for a client goes on while their server moves: nothing fails, nothing is lost", async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const guests = await Guests.open(fleet);
  const beside = workloads.filter(({ throughout }) => throughout);
  const underway = await Promise.all(beside.map((workload) => workload.start(guests)));
  for (const workload of workloads.filter(({ throughout }) => !throughout))
    await context.test(workload.name, { skip: workload.notYet }, async (own) => {
      const { words, gaps } = await tried(guests, workload, ROUNDS);
      own.diagnostic(`${words}; ${gapWords(gaps)}`);
    });
  for (const [index, { name }] of beside.entries())
    await context.test(`${name}, beside all others`, async (own) => {
      await underway[index]!.goesOn?.();
      own.diagnostic(await underway[index]!.end());
    });
  await guests.close();
  await fleet.assertAudited();
});
