import { sleep } from '#libs/common/clock';

/** Time between one look and the next, in ms. */
const WAITS_MS = [100, 200, 400, 800];
/** No further look after that time: far more than a service's start takes between its fork and its exec. */
const LONG_ENOUGH_MS = 1_500;

/**
 * The reasons that every look gives, of which there are at least two. A process that is being started is for a moment what no
 * move can take: systemd's child, say, holds the program open from before its own mounts were made, until it executes it. The
 * first look without reasons ends the wait.
 */
export async function lastingReasons(
  look: () => Promise<string[]>,
  waitsMs: readonly number[] = WAITS_MS,
): Promise<string[]> {
  const until = performance.now() + LONG_ENOUGH_MS;
  let lasting = await look();
  for (const wait of waitsMs) {
    if (!lasting.length) break;
    await sleep(wait);
    const now = new Set(await look());
    lasting = lasting.filter((reason) => now.has(reason));
    if (performance.now() > until) break; // a look at many processes takes its time
  }
  return lasting;
}
