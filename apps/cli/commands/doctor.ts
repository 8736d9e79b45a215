import { Command } from 'commander';
import { isFit, renderFindings } from '../doctor/check.js';
import { checks } from '../doctor/checks.js';
import { examine } from '../doctor/examine.js';
import { SimHost } from '../simhost/sim-host.js';
import { layoutOf, print } from './layout-of.js';

/** `lxstack doctor`: what this machine, or a simulated host, lacks to be a host. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('what a host needs: present or not, and what to do')
    .option('--host <name>', 'look inside a simulated host instead of at this machine')
    .option('--json', 'for programs')
    .action(async ({ host, json }: { host?: string; json?: boolean }, command: Command) => {
      const enter = host === undefined ? [] : await new SimHost(layoutOf(command), host, '').enter();
      const findings = await examine(checks, enter);
      print(json ? JSON.stringify(findings, undefined, 2) : renderFindings(findings));
      if (!isFit(findings)) process.exitCode = 1;
    });
}
