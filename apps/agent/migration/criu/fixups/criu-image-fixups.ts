import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sameSets, shareSets } from './cgroup-sets.js';
import { restartWait } from './interrupted-waits.js';
import { rearmExpired } from './repeating-timers.js';

/** Corrects images of a dump on their way to the target, in place: repeating timers, cgroup sets that are equal, waits. */
export function imageFixups(directory: string): (name: string, image: Buffer) => void {
  const cgroups = join(directory, 'cgroup.img');
  const same = existsSync(cgroups) ? sameSets(readFileSync(cgroups)) : new Map<number, number>();
  return (name, image) => {
    if (name === 'files.img') rearmExpired(image);
    if (!/^core-\d+\.img$/.test(name)) return;
    if (same.size) shareSets(image, same);
    restartWait(image);
  };
}
