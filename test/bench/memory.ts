import { readFile, writeFile } from 'node:fs/promises';
import { hostOf } from '#apps/cli/client/compute';
import type { Bench } from './bench.js';
import { FloorMove } from './floor/floor-move.js';
import { moveParts } from './product/move-parts.js';
import { ProductMove } from './product/product-move.js';
import { renderReport } from './report.js';
import type { Series } from './report.js';

/**
 * CRIU opens userfault descriptors as the guest's own root, which this setting allows. The product sets it by itself;
 * the moves by hand need it set.
 */
const USERFAULTS = '/proc/sys/vm/unprivileged_userfaultfd';
const MEBIBYTES = 1024;

/** Fills memory with random bytes, then changes a word of each page of a tenth of it per second, in order. */
const workload = `
  my ($pages, $n) = (${MEBIBYTES} * 256, 0);
  my $memory = "\\0" x ($pages * 4096);
  open(my $random, "<", "/dev/urandom");
  sysread($random, $memory, 1 << 20, $_ << 20) for 0 .. ${MEBIBYTES} - 1;
  open(my $f, ">", "/tmp/filled"); close $f;
  while (1) {
    for (1 .. $pages / 1000) { substr($memory, $n << 12, 8, pack("d", rand)); $n = ($n + 1) % $pages; }
    select(undef, undef, undef, 0.01);
  }`;
const inBackground = [
  'setsid',
  '-f',
  'sh',
  '-c',
  'exec perl -e "$0" </dev/null >/dev/null 2>/tmp/memory.err',
  workload,
];
const filled = ['sh', '-c', 'until [ -e /tmp/filled ]; do sleep 0.1; done'];

/** Live moves of a systemd guest with 1 GiB of memory, a tenth rewritten per second: by hand, and through the API. */
export async function benchMemory({ fleet, hosts, archives, databaseUrl, n }: Bench): Promise<void> {
  const floor: Series = { name: 'by hand, pages from the shared images', values: [] };
  const product: Series = { name: 'os-migrateLive', values: [], floor: floor.name };
  const before = await readFile(USERFAULTS, 'utf8');
  await writeFile(USERFAULTS, '1');
  try {
    const byHand = new FloorMove(hosts, 'debian', await hosts.guest('debian', archives.debian), { LAZY: '1' });
    await byHand.start();
    await byHand.background(...inBackground);
    await byHand.background(...filled);
    const flavor = await fleet.cloud.compute.ensureFlavor('bench.memory', { vcpus: 1, ram: 2048, disk: 1 });
    const throughApi = await ProductMove.start(fleet, 'debian', flavor);
    const { server } = throughApi;
    for (const words of [inBackground, filled]) await fleet.local.runInside(hostOf(server), server.id, words);
    for (let i = 0; i < n; i++) {
      floor.values.push(await byHand.move());
      product.values.push(await throughApi.move());
    }
    await byHand.stop();
    console.log(renderReport('Where the time goes', await moveParts(databaseUrl, server.id, product.values)));
    await throughApi.stop();
  } finally {
    await writeFile(USERFAULTS, before);
    console.log(
      renderReport(`Blackout of a live move of ${MEBIBYTES} MiB, 10 % rewritten per second`, [floor, product]),
    );
  }
}
