import { Command } from 'commander';
import { stopFleet } from '../fleet/fleet.js';
import { layoutOf, print } from './layout-of.js';

/** `lxstack down`: ends the processes of a fleet, and removes its state where that is asked for. */
export function downCommand(): Command {
  return new Command('down')
    .description('end a fleet: nothing of it stays running, mounted or bridged')
    .option('--purge', 'remove its state too', false)
    .action(async (options: { purge: boolean }, command: Command) => {
      await stopFleet(layoutOf(command), options.purge, print);
    });
}
