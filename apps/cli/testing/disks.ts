import { repository } from '../fleet/layout.js';
import { hostRoot } from '../hostroot/host-root.js';
import { whyNoBtrfs } from '../simhost/btrfs-disk.js';
import { onFleet, testEnvironment } from './on-fleet.js';
import type { Print } from './on-fleet.js';
import { runFiles } from './run-files.js';
import { startTestFleet } from './start-fleet.js';
import { Tally } from './tally.js';
import { testFiles } from './test-files.js';

/** Storages that `auto` does not choose on most machines; the e2e stage runs on what `auto` chooses. */
const STORAGES = ['btrfs', 'dir'] as const;
type Storage = (typeof STORAGES)[number];

/** Runs the tests that depend on where hosts keep disks, on a fleet of two hosts for each storage. */
export async function disks(print: Print): Promise<Tally> {
  const tally = new Tally();
  for (const storage of STORAGES) {
    const why = storage === 'btrfs' ? await whyNoBtrfs(await hostRoot()) : undefined;
    if (why === undefined) tally.add(await onStorage(storage, print));
    else print(`  skip what depends on the storage, on ${storage}: ${why}`);
  }
  return tally;
}

function onStorage(storage: Storage, print: Print): Promise<Tally> {
  const more = { LXSTACK_STORAGE: storage };
  const files = testFiles(repository, 'disks');
  return onFleet(
    'disks',
    print,
    (layout) => startTestFleet(layout, 2, print, more),
    (layout) => runFiles({ files, concurrency: 1, on: storage, env: { ...testEnvironment(layout), ...more } }, print),
  );
}
