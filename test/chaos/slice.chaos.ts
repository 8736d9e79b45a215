import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Layout } from '#apps/cli/fleet/layout';
import type { FaultPoint } from '#libs/common/fault-point';
import { startChaosFleet, stopChaosFleet } from './chaos-fleet.js';
import { Chaos } from './chaos.js';
import type { FaultName } from './faults.js';
import { randomFrom } from './random.js';

/** Each fault once, at a step where most depends on it; `npm run chaos -- --matrix` runs all pairs. */
const SLICE: readonly [FaultName, FaultPoint][] = [
  ['source-agent-killed', 'source.dumped'],
  ['source-agent-killed', 'source.letting-go'],
  ['target-agent-killed', 'target.restored'],
  ['target-agent-killed', 'target.committed'],
  ['worker-killed', 'worker.prepare'],
  ['worker-killed', 'worker.after-commit'],
  ['api-killed', 'worker.switch'],
  ['link-cut-5s', 'source.disk'],
  ['target-agent-killed', 'source.memory'],
  ['dump-fails', 'source.armed'],
  ['restore-fails', 'target.restoring'],
  ['target-disk-full', 'target.preparing'],
  ['target-memory-full', 'source.armed'],
  ['postgres-restarted', 'worker.before-commit'],
  ['redis-emptied', 'source.awaiting-commit'],
];

const silent = () => undefined;
const layout = new Layout(process.env.LXSTACK_DEPLOYMENT ?? 'chaos');
let chaos: Chaos;

before(async () => {
  await stopChaosFleet(layout, silent);
  await startChaosFleet(layout, silent);
  chaos = await Chaos.open(randomFrom(1));
});

after(async () => {
  await chaos.close();
  await stopChaosFleet(layout, silent);
});

for (const [fault, step] of SLICE)
  test(`a live move with ${fault} at ${step}: the server runs once, and nothing is left`, async (context) => {
    const result = await chaos.run({ step, fault });
    context.diagnostic(`migration ${result.migration}, gap ${result.gapMs.toFixed(0)} ms`);
    assert.equal(result.none, undefined);
    assert.ok(result.reached, 'the move came by the step');
    assert.deepEqual(result.violations, []);
  });
