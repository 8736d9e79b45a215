import { FloorHosts } from './floor/floor-hosts.js';
import { FloorLaunch } from './floor/floor-launch.js';
import { ground } from './guests.js';
import { renderReport } from './report.js';
import type { Series } from './report.js';

/** Floor (clone and `lxc-start` by hand) and product (POST /servers to container running), measured alternately. */
export async function benchLaunch(n: number): Promise<void> {
  const { directory, hostRoot, archives } = ground();
  const hosts = new FloorHosts(directory, hostRoot);
  const floor: Series = { name: 'floor: clone + lxc-start', values: [] };
  try {
    await hosts.up();
    const launch = new FloorLaunch(hosts, await hosts.guest('busybox', archives.busybox));
    await launch.prepare();
    await launch.launch(); // the first pays for caches
    for (let i = 0; i < n; i++) floor.values.push(await launch.launch());
  } finally {
    await hosts.down();
  }
  console.log(renderReport('launch, busybox', [floor]));
}
