import { inside } from '#test/e2e/fleet/inside';
import type { Bench } from './bench.js';
import { moveParts } from './product/move-parts.js';
import { ProductMove } from './product/product-move.js';
import { renderReport } from './report.js';

const WRITTEN_MIB = 300;
const CHANGED_MIB = 20;

/** Live moves of a busybox server with 300 MiB of its own on disk, 20 MiB of it rewritten before each. */
export async function benchDisk({ fleet, databaseUrl, n }: Bench): Promise<void> {
  const move = await ProductMove.start(fleet, 'busybox');
  const write = (file: string, mib: number) =>
    inside(
      fleet,
      move.server,
      '/bin/busybox',
      'dd',
      'if=/dev/urandom',
      `of=/${file}`,
      'bs=1M',
      `count=${mib}`,
      'conv=notrunc',
    );
  const gaps: number[] = [];
  try {
    await write('written', WRITTEN_MIB);
    for (let i = 0; i < n; i++) {
      await write('changed', CHANGED_MIB);
      gaps.push(await move.move());
    }
    const parts = await moveParts(databaseUrl, move.server.id, gaps);
    console.log(
      renderReport('Blackout of a live move with 320 MiB of disk', [{ name: 'blackout', values: gaps }, ...parts]),
    );
  } finally {
    await move.stop();
  }
}
