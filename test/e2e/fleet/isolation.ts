import type { Layout } from '#apps/cli/fleet/layout';
import { command } from '#apps/cli/process/command';

/** Cuts members of the underlay off from each other, but not from the other members. `ctl` is the control plane. */
export async function isolate(layout: Layout, members: readonly string[], on: boolean): Promise<void> {
  for (const member of members)
    await command('bridge', [
      ...['-n', layout.namespace('sw'), 'link', 'set', 'dev', `p-${member}`, 'isolated', on ? 'on' : 'off'],
    ]);
}
