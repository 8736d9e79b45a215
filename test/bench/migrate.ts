import { FloorHosts } from './floor/floor-hosts.js';
import { FloorMove } from './floor/floor-move.js';
import { ground } from './guests.js';
import { renderReport } from './report.js';
import type { Series } from './report.js';

/** Longest silence seen by a ping-pong client (10 ms) during a live move: by hand, and through the API, alternately. */
export async function benchMigrate(n: number): Promise<void> {
  const { directory, hostRoot, archives } = ground();
  const hosts = new FloorHosts(directory, hostRoot);
  try {
    await hosts.up();
    for (const guest of ['busybox', 'debian'] as const) {
      const move = new FloorMove(hosts, guest, await hosts.guest(guest, archives[guest]));
      await move.start();
      const floor: Series = { name: `floor: ${guest}`, values: [] };
      for (let i = 0; i < n; i++) floor.values.push(await move.move());
      await move.stop();
      console.log(renderReport(`blackout of a live move, ${guest}`, [floor]));
    }
  } finally {
    await hosts.down();
  }
}
