import { Command, InvalidArgumentError, Option } from 'commander';
import { InvalidInputError } from '#libs/common/errors';
import { startFleet } from '../fleet/fleet.js';
import type { FleetSettings } from '../fleet/settings.js';
import { layoutOf, print } from './layout-of.js';

/** Upper bound of hosts that run LXC: each is a namespace with an agent of its own. */
const REAL_HOSTS = 80;

/** `lxstack up`: starts what of the fleet does not run. */
export function upCommand(): Command {
  return new Command('up')
    .description('start a fleet on this machine, or those of its processes that do not run')
    .option('--hosts <number>', 'simulated hosts', hostCount)
    .addOption(new Option('--runtime <runtime>', 'what runs the instances').choices(['lxc', 'simulated']))
    .action(async (options: Partial<Pick<FleetSettings, 'hosts' | 'runtime'>>, command: Command) => {
      const layout = layoutOf(command);
      if ((options.hosts ?? 0) > REAL_HOSTS && options.runtime !== 'simulated')
        throw new InvalidInputError('--hosts', `at most ${REAL_HOSTS} with LXC; more with --runtime simulated`);
      const settings = await startFleet(layout, options, print);
      print(`\nThe API answers at https://127.0.0.1:${settings.port}, documentation under /docs.`);
      print(`Next: eval "$(./lxstack -d ${layout.deployment} env)" && openstack hypervisor list`);
    });
}

function hostCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 10_000) throw new InvalidArgumentError('expected 1 to 10000.');
  return count;
}
