import { startFleet, stopFleet } from '#apps/cli/fleet/fleet';
import type { Layout } from '#apps/cli/fleet/layout';

type Progress = (line: string) => void;

const HOSTS = 3;

/** A fleet whose processes stop at fault points when told to. */
export async function startChaosFleet(layout: Layout, progress: Progress): Promise<void> {
  process.env.LXSTACK_FAULT_POINTS = 'on';
  await startFleet(layout, { hosts: HOSTS, runtime: 'lxc' }, progress);
}

/** Ends it and removes its state. */
export const stopChaosFleet = (layout: Layout, progress: Progress): Promise<void> => stopFleet(layout, true, progress);
