import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sameSets, shareSets } from './cgroup-sets.js';
import { rearmExpired } from './repeating-timers.js';

/** What a dump's images say wrongly, or only at length, is put right on the way to the target: in place, by name. */
export function imageFixups(directory: string): (name: string, image: Buffer) => void {
  const cgroups = join(directory, 'cgroup.img');
  const same = existsSync(cgroups) ? sameSets(readFileSync(cgroups)) : new Map<number, number>();
  return (name, image) => {
    if (name === 'files.img') rearmExpired(image);
    if (same.size && /^core-\d+\.img$/.test(name)) shareSets(image, same);
  };
}
