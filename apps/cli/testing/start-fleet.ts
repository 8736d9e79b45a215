import { join } from 'node:path';
import { command } from '../process/command.js';
import type { Layout } from '../fleet/layout.js';
import { repository } from '../fleet/layout.js';
import { testEnvironment } from './on-fleet.js';
import type { Print } from './on-fleet.js';

/**
 * Starts a fleet by the command of users, in a process of its own: stages that run at the same time have different
 * environments. `more`: added to the environment.
 */
export async function startTestFleet(
  layout: Layout,
  hosts: number,
  print: Print,
  more: NodeJS.ProcessEnv = {},
): Promise<void> {
  const words = ['-d', layout.deployment, 'up', '--hosts', String(hosts), '--runtime', 'lxc'];
  const env = { ...testEnvironment(layout), ...more };
  const said = await command(process.execPath, [join(repository, 'dist/apps/cli/main.js'), ...words], { env });
  for (const line of said.split('\n').filter((each) => / s$/.test(each))) print(`  ${line}`);
}
