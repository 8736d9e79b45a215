import { startFleet, stopFleet } from '#apps/cli/fleet/fleet';
import type { Layout } from '#apps/cli/fleet/layout';
import { SmallDisk } from './small-disk.js';

type Progress = (line: string) => void;

const HOSTS = ['h1', 'h2', 'h3'];

/**
 * A fleet whose processes stop at fault points when a test asks for it, and whose hosts have disks that can be filled.
 */
export async function startChaosFleet(layout: Layout, progress: Progress): Promise<void> {
  process.env.LXSTACK_FAULT_POINTS = 'on';
  const disks = HOSTS.map((host) => new SmallDisk(layout, host));
  for (const disk of disks) await disk.mount();
  await startFleet(layout, { hosts: HOSTS.length, runtime: 'lxc' }, progress);
  for (const disk of disks) await disk.narrowRun();
}

/** Ends the fleet and removes its state. */
export async function stopChaosFleet(layout: Layout, progress: Progress): Promise<void> {
  await stopFleet(layout, false, progress);
  for (const host of HOSTS) await new SmallDisk(layout, host).remove();
  await stopFleet(layout, true, progress);
}
