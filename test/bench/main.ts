import { parseArgs } from 'node:util';
import { benchLaunch } from './launch.js';
import { benchMigrate } from './migrate.js';

/** `npm run bench -- NAME`: each prints one table. No timed assertions. */
const benchmarks: Record<string, (n: number) => Promise<void>> = {
  launch: benchLaunch,
  migrate: benchMigrate,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { n: { type: 'string', short: 'n', default: '20' } },
});
const benchmark = benchmarks[positionals[0] ?? ''];
const n = Number(values.n);
if (!benchmark || !Number.isInteger(n) || n < 1) {
  console.error(`usage: npm run bench -- ${Object.keys(benchmarks).join('|')} [-n COUNT]`);
  process.exit(2);
}
await benchmark(n);
