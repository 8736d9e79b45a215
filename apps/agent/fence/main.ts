import { setTimeout as sleep } from 'node:timers/promises';
import { readOrder } from './fence-order.js';
import { Freezer } from './freezer.js';
import { look } from './guard.js';
import { HeldInstances } from './held-instances.js';
import { uptimeMs } from './uptime.js';

// The guard: a process of its own that outlives the agent and fences in its stead. The agent starts and ends it.
const directory = process.argv[2]!;
const log = (line: string) => process.stderr.write(`${new Date().toISOString()} ${line}\n`);
const deps = {
  order: () => readOrder(directory),
  now: uptimeMs,
  held: new HeldInstances(directory),
  cgroups: new Freezer(),
  log,
};
log('guarding');
for (;;) await sleep(look(deps));
