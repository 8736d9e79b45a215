import { setTimeout as sleep } from 'node:timers/promises';
import { startFleet, stopFleet } from '#apps/cli/fleet/fleet';
import { Layout } from '#apps/cli/fleet/layout';
import { databaseUrl } from '#apps/cli/services/postgres';
import { TestFleet } from '#test/e2e/fleet/test-fleet';
import { Release } from '#test/upgrade/release';
import { loadAverage } from './load-average.js';
import { moveParts } from './product/move-parts.js';
import { ProductMove } from './product/product-move.js';
import { renderReport } from './report.js';
import type { Series } from './report.js';

type Guest = 'busybox' | 'debian';

/** A fleet whose moves are measured. */
interface Side {
  name: string;
  layout: Layout;
  fleet: TestFleet;
}

/** Longer than the look at a guest that follows each of its moves: one move's look is not in the next one's time. */
const REST_MS = 5_000;

const progress = (line: string) => console.error(line);

/**
 * Longest silence seen by a ping-pong client during a live move of the newest release and of this tree, each with a fleet of its
 * own on this machine, alternately, and where the time went.
 */
export async function benchReleases(n: number): Promise<void> {
  const release = await Release.newest();
  const [before, now] = ['benchold', 'benchnew'].map((deployment) => new Layout(deployment)) as [Layout, Layout];
  const sides: Side[] = [];
  const all: Series[] = [];
  try {
    await release.lxstack('-d', before.deployment, 'up', '--hosts', '2');
    sides.push({ name: release.name, layout: before, fleet: await TestFleet.open(before.deployment) });
    await startFleet(now, { hosts: 2, runtime: 'lxc' }, progress);
    sides.push({ name: 'this tree', layout: now, fleet: await TestFleet.open(now.deployment) });
    console.log(`Load average before: ${loadAverage()}`);
    for (const guest of ['busybox', 'debian'] as const) await compare(sides, guest, n, all);
    console.log(`Load average after: ${loadAverage()}`);
  } finally {
    if (all.length) console.log(renderReport('Blackout of a live move', all));
    for (const { fleet } of sides) fleet.close();
    for (const layout of [before, now]) await stopFleet(layout, true, progress);
  }
}

async function compare(sides: readonly Side[], guest: Guest, n: number, all: Series[]): Promise<void> {
  const moving: { side: Side; move: ProductMove; series: Series }[] = [];
  for (const side of sides) {
    const series: Series = { name: `${guest}, ${side.name}`, values: [], floor: `${guest}, ${sides[0].name}` };
    moving.push({ side, move: await ProductMove.start(side.fleet, guest), series });
  }
  all.push(...moving.map(({ series }) => series));
  for (let i = 0; i < n; i++)
    for (const { move, series } of i % 2 ? moving.toReversed() : moving) {
      await sleep(REST_MS);
      series.values.push(await move.move());
    }
  for (const { side, move, series } of moving) {
    const parts = await moveParts(databaseUrl(side.layout), move.server.id, series.values);
    console.log(renderReport(`Where the time of ${series.name} goes`, parts));
    await move.stop();
  }
}
