import type { Bench } from './bench.js';
import { CriuAlone } from './floor/criu-alone.js';
import { FloorMove } from './floor/floor-move.js';
import { moveParts } from './product/move-parts.js';
import { ProductMove } from './product/product-move.js';
import { renderReport } from './report.js';
import type { Series } from './report.js';

/**
 * Longest silence seen by a ping-pong client (10 ms) during a live move, by hand and through the API, beside the time in which
 * CRIU alone keeps the same guest standing still on one host: the three alternately.
 */
export async function benchMigrate(bench: Bench): Promise<void> {
  const all: Series[] = [];
  try {
    for (const guest of ['busybox', 'debian'] as const) await compare(bench, guest, all);
  } finally {
    if (all.length) console.log(renderReport('Blackout of a live move', all));
  }
}

async function compare(
  { fleet, hosts, archives, databaseUrl, n }: Bench,
  guest: 'busybox' | 'debian',
  all: Series[],
): Promise<void> {
  const alone: Series = { name: `${guest}, CRIU alone`, values: [] };
  const floor: Series = { name: `${guest}, by hand`, values: [], floor: alone.name };
  const product: Series = { name: `${guest}, os-migrateLive`, values: [], floor: alone.name };
  const root = await hosts.guest(guest, archives[guest]);
  const criuAlone = new CriuAlone(hosts, guest, await hosts.guest(`${guest}-alone`, archives[guest]));
  await criuAlone.start();
  const byHand = new FloorMove(hosts, guest, root);
  await byHand.start();
  const throughApi = await ProductMove.start(fleet, guest);
  all.push(alone, floor, product);
  for (let i = 0; i < n; i++) {
    alone.values.push(await criuAlone.move());
    floor.values.push(await byHand.move());
    product.values.push(await throughApi.move());
  }
  await criuAlone.stop();
  await byHand.stop();
  const parts = await moveParts(databaseUrl, throughApi.server.id, product.values);
  console.log(renderReport(`Where the time of ${guest} goes`, parts));
  await throughApi.stop();
}
