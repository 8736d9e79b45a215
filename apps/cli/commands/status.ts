import { readdir } from 'node:fs/promises';
import { Command } from 'commander';
import { messageOf } from '#libs/common/errors';
import { Api } from '../client/api.js';
import { adminAccess } from '../fleet/access.js';
import type { Layout } from '../fleet/layout.js';
import { readPidFile } from '../process/pid-file.js';
import { layoutOf, print } from './layout-of.js';

interface HostRow {
  name: string;
  state: string;
  role: string;
}

/** `lxstack status`. */
export function statusCommand(): Command {
  return new Command('status')
    .description('the processes of a fleet and its hosts as the control plane sees them')
    .action(async (_options: object, command: Command) => {
      const layout = layoutOf(command);
      const dead = await printProcesses(layout);
      await printHosts(layout).catch((error: unknown) => {
        print(`hosts: ${messageOf(error)}`);
        process.exitCode = 1;
      });
      if (dead > 0) process.exitCode = 1;
    });
}

/** Prints the processes; returns how many have ended though nobody stopped them. */
async function printProcesses(layout: Layout): Promise<number> {
  const files = (await readdir(layout.path('run')).catch(() => [])).filter((file) => file.endsWith('.pid')).sort();
  let dead = 0;
  for (const file of files) {
    const name = file.slice(0, -4);
    const pid = await readPidFile(layout.pidFile(name));
    if (pid === undefined) dead++;
    print(`${name.padEnd(14)} ${pid === undefined ? 'ended' : `running (${pid})`}`);
  }
  if (files.length === 0) print(`nothing of deployment ${layout.deployment} runs`);
  return dead;
}

async function printHosts(layout: Layout): Promise<void> {
  const api = new Api(await adminAccess(layout));
  const { hosts } = await api.call<{ hosts: HostRow[] }>('GET', '/fleet/v1/hosts?limit=1000');
  for (const host of hosts) print(`host ${host.name.padEnd(9)} ${host.state.padEnd(5)} ${host.role}`);
}
