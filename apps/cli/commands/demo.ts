import { Command } from 'commander';
import { runDemo } from '../demo/run-demo.js';
import { LocalFleet } from '../demo/local-fleet.js';
import { startFleet } from '../fleet/fleet.js';
import { guestImages } from '../guest-images/guest-images.js';
import { layoutOf, print } from './layout-of.js';

const HOSTS = 3;

/** `lxstack demo`: exit status 0 where every step did what it shows. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('start a fleet of three hosts and show what it does; exit status 0 where all of it worked')
    .action(async (_options: object, command: Command) => {
      const layout = layoutOf(command);
      const begun = performance.now();
      print(`[0] Start a fleet of ${HOSTS} simulated hosts (deployment ${layout.deployment})`);
      const [settings, images] = await Promise.all([
        startFleet(layout, { hosts: HOSTS, runtime: 'lxc' }, (line) => print(`      ${line}`)),
        guestImages(),
      ]);
      const fleet = await LocalFleet.open(layout, images);
      const succeeded = await runDemo(fleet, print);
      print(`In all ${((performance.now() - begun) / 1000).toFixed(0)} s. The fleet goes on; try next:\n`);
      const lxstack = `./lxstack -d ${layout.deployment}`;
      print(`  eval "$(${lxstack} env)"`);
      print('  openstack server list');
      print('  openstack server create --image busybox --flavor demo.small --network demo --wait mine');
      print('  openstack server migrate --live-migration mine --wait');
      print('  openstack server migration list --server mine');
      print(`  ${lxstack} exec-client ping -c 3 ADDRESS`);
      print(`  ${lxstack} down\n`);
      print(`API documentation: https://127.0.0.1:${settings.port}/docs`);
      if (!succeeded) process.exitCode = 1;
    });
}
