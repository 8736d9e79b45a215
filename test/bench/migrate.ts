import type { Bench } from './bench.js';
import { FloorMove } from './floor/floor-move.js';
import { moveParts } from './product/move-parts.js';
import { ProductMove } from './product/product-move.js';
import { renderReport } from './report.js';
import type { Series } from './report.js';

/** Longest silence seen by a ping-pong client (10 ms) during a live move: by hand, and through the API, alternately. */
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
  const floor: Series = { name: `${guest}, by hand`, values: [] };
  const product: Series = { name: `${guest}, os-migrateLive`, values: [], floor: floor.name };
  const byHand = new FloorMove(hosts, guest, await hosts.guest(guest, archives[guest]));
  await byHand.start();
  const throughApi = await ProductMove.start(fleet, guest);
  all.push(floor, product);
  for (let i = 0; i < n; i++) {
    floor.values.push(await byHand.move());
    product.values.push(await throughApi.move());
  }
  await byHand.stop();
  const parts = await moveParts(databaseUrl, throughApi.server.id, product.values);
  console.log(renderReport(`Where the time of ${guest} goes`, parts));
  await throughApi.stop();
}
