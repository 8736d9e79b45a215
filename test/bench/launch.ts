import type { Bench } from './bench.js';
import { FloorLaunch } from './floor/floor-launch.js';
import { ProductLaunch } from './product/product-launch.js';
import { renderReport } from './report.js';
import type { Series } from './report.js';

/** Floor (clone and `lxc-start` by hand) and product (POST /servers to container running), measured alternately. */
export async function benchLaunch({ fleet, hosts, archives, n }: Bench): Promise<void> {
  const floor: Series = { name: 'by hand: clone + lxc-start', values: [] };
  const product: Series = { name: 'POST /servers to running', values: [], floor: floor.name };
  const byHand = new FloorLaunch(hosts, await hosts.guest('busybox', archives.busybox));
  await byHand.prepare();
  const throughApi = new ProductLaunch(fleet, fleet.local.hosts[0]);
  // The first launch of each pays for cold caches, so it does not count.
  await byHand.launch();
  await throughApi.launch();
  for (let i = 0; i < n; i++) {
    floor.values.push(await byHand.launch());
    product.values.push(await throughApi.launch());
  }
  console.log(renderReport('Launch, busybox image, one host', [floor, product]));
}
