import { background, inside } from '#test/e2e/fleet/inside';
import type { Bench } from './bench.js';
import { moveParts } from './product/move-parts.js';
import { ProductMove } from './product/product-move.js';
import { renderReport } from './report.js';

const WRITTEN_MIB = 300;
const CHANGED_MIB = 20;
/** Number of further files on the disk, a hundred in each directory. */
const ENTRIES = [0, 5_000, 20_000, 100_000];

/** Every 50 ms a file is rewritten in part, another grows, one is made and one is removed. */
const writer = `i=0
while :; do
  i=$((i + 1))
  dd if=/dev/urandom of=/rewritten bs=64k count=1 conv=notrunc 2>/dev/null
  echo $i >>/grown; echo $i >/made-$i; rm -f /made-$((i - 10))
  sleep 0.05
done`;

/**
 * Live moves of a busybox server with 300 MiB of its own on disk, 20 MiB of them rewritten before each move, and a
 * process that writes meanwhile; with more and more files on the disk.
 */
export async function benchDisk({ fleet, databaseUrl, n }: Bench): Promise<void> {
  for (const entries of ENTRIES) {
    const move = await ProductMove.start(fleet, 'busybox');
    const shell = (script: string) => inside(fleet, move.server, '/bin/sh', '-c', script);
    const write = (file: string, mib: number) =>
      shell(`dd if=/dev/urandom of=/${file} bs=1M count=${mib} conv=notrunc 2>/dev/null`);
    const gaps: number[] = [];
    try {
      await write('written', WRITTEN_MIB);
      for (let at = 0; at < entries; at += 5_000)
        await shell(`for d in $(seq ${at / 100} ${at / 100 + 49}); do
          mkdir -p /many/$d; for f in $(seq 100); do : >/many/$d/$f; done
        done`);
      await background(fleet, move.server, '/bin/sh', '-c', writer);
      for (let i = 0; i < n; i++) {
        await write('changed', CHANGED_MIB);
        gaps.push(await move.move());
      }
      const parts = await moveParts(databaseUrl, move.server.id, gaps);
      const title = `Blackout of a live move with ${WRITTEN_MIB + CHANGED_MIB} MiB and ${entries} more files on disk, written to during it`;
      console.log(renderReport(title, [{ name: 'blackout', values: gaps }, ...parts]));
    } finally {
      await move.stop();
    }
  }
}
