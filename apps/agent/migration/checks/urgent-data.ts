import { join } from 'node:path';
import { CommandError } from '../../process/command-error.js';
import { run } from '../../process/run.js';
import { scriptsDirectory } from '../move-directory.js';
import type { HeldFiles } from './held-files.js';

const LOOK_MS = 10_000;

/** Sockets with a byte out of band that nobody has read (MSG_OOB): CRIU makes one in band of it, or loses it. */
export async function blockingUrgent(held: readonly HeldFiles[]): Promise<string[]> {
  const seen = new Set<string>();
  const lines = held.flatMap(({ task: { pid }, files }) =>
    files.flatMap(({ fd, link }) => {
      if (!link.startsWith('socket:') || seen.has(link)) return [];
      seen.add(link); // one that several have is one
      return [`socket ${pid} ${fd}\n`];
    }),
  );
  if (!lines.length) return [];
  const shown = await run(join(scriptsDirectory, 'hidden-objects'), [], lines.join(''), LOOK_MS).catch(
    (error: unknown) => {
      if (error instanceof CommandError) return ''; // no perl
      throw error;
    },
  );
  const pids = new Set([...shown.matchAll(/^urgent (\d+)$/gm)].map(([, pid]) => Number(pid)));
  return held
    .filter(({ task }) => pids.has(task.pid))
    .map(
      ({ task }) =>
        `${task.name} has not read a byte that came out of band (MSG_OOB), which CRIU cannot carry: let it read that or end it.`,
    );
}
