import { watch } from 'node:fs';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UUID } from '#libs/common/names';
import type { EndListener } from '../runtime.js';

/**
 * Tells of containers that have ended. LXC's post-stop hook leaves a file per container in `directory`, also while no
 * agent runs, so that the next agent is told what it missed.
 */
export async function watchEnds(directory: string, listener: EndListener): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const look = (name: string) => void take(directory, name, listener);
  watch(directory, (_event, name) => name && look(name));
  for (const name of await readdir(directory)) look(name);
}

async function take(directory: string, name: string, listener: EndListener): Promise<void> {
  if (!UUID.test(name)) return;
  const file = join(directory, name);
  // An empty file is not written yet and is seen again; a missing one was handled by an earlier look.
  const target = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (!target) return;
  await rm(file, { force: true }).catch(() => undefined); // a file that stays is only handled once more
  listener(name, target === 'reboot' ? 'reboot' : 'stop');
}
