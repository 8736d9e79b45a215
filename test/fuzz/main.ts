import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { PrivateServers } from '#test/integration/support/private-servers';
import { requestTo } from './requests.js';
import type { FuzzRequest } from './requests.js';
import { faultOf } from './send.js';
import { FuzzWorld } from './world.js';

/** `npm run fuzz -- --requests N --seed S`: sends them all and prints each kind of fault once. */
const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    /** Only routes whose path contains this. */
    route: { type: 'string', default: '' },
  },
});
const seed = Number(values.seed);
const servers = process.env.LXSTACK_TEST_DATABASE_URL === undefined ? await PrivateServers.start('fuzz') : null;
if (servers) process.env.LXSTACK_TEST_DATABASE_URL = servers.databaseUrl;

const world = await FuzzWorld.start();
const routes = world.routes().filter(({ method, path }) => `${method} ${path}`.includes(values.route));
const requests = fc.sample(requestTo(routes), { seed, numRuns: Number(values.requests) });
console.log(`seed ${seed}, ${routes.length} routes, ${requests.length} requests`);

const statuses = new Map<number, number>();
const faults = new Map<string, { count: number; request: FuzzRequest; fault: string; n: number }>();
for (const [n, request] of requests.entries()) {
  const answer = await world.send(request);
  statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
  const fault = faultOf(answer);
  if (fault === null) continue;
  const known = faults.get(request.route);
  if (known) known.count += 1;
  else faults.set(request.route, { count: 1, request, fault, n });
}
for (const { count, request, fault, n } of faults.values())
  console.log(`${count} × ${fault}\n  first: request ${n}, ${JSON.stringify(request).slice(0, 1_500)}`);
const counted = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
const failed = [...faults.values()].reduce((sum, { count }) => sum + count, 0);
console.log(`${counted.join(', ')}\n${requests.length - failed} passed, ${failed} failed`);
await world.stop();
await servers?.stop();
process.exit(failed ? 1 : 0);
