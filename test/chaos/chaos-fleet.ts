import { mkdir } from 'node:fs/promises';
import { startFleet, stopFleet } from '#apps/cli/fleet/fleet';
import type { Layout } from '#apps/cli/fleet/layout';
import { command } from '#apps/cli/process/command';

type Progress = (line: string) => void;

const HOSTS = ['h1', 'h2', 'h3'];
const DISK_MB = 256;

/** A fleet with fault points, whose hosts have small disks of their own that can be filled. */
export async function startChaosFleet(layout: Layout, progress: Progress): Promise<void> {
  process.env.LXSTACK_FAULT_POINTS = 'on';
  for (const host of HOSTS) {
    const disk = layout.host(host).agentState;
    await mkdir(disk, { recursive: true });
    if (!(await isMounted(disk)))
      await command('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m,mode=755`, 'tmpfs', disk]);
  }
  await startFleet(layout, { hosts: HOSTS.length, runtime: 'lxc' }, progress);
}

/** Ends it and removes its state: what its disks held is gone, so the control plane's records are too. */
export async function stopChaosFleet(layout: Layout, progress: Progress): Promise<void> {
  await stopFleet(layout, false, progress);
  for (const host of HOSTS) {
    const disk = layout.host(host).agentState;
    if (await isMounted(disk)) await command('umount', [disk]);
  }
  await stopFleet(layout, true, progress);
}

const isMounted = (path: string): Promise<boolean> =>
  command('mountpoint', ['-q', path]).then(
    () => true,
    () => false,
  );
