import { Command } from 'commander';
import { adminAccess } from '../fleet/access.js';
import type { Layout } from '../fleet/layout.js';
import { layoutOf, print } from './layout-of.js';

/** `lxstack env`: lines for a shell to evaluate. */
export function envCommand(): Command {
  return new Command('env')
    .description('print the OS_* exports for the openstack client')
    .action(async (_options: object, command: Command) => {
      for (const [name, value] of Object.entries(await openstackEnvironment(layoutOf(command)))) {
        print(`export ${name}='${value}'`);
      }
    });
}

/** The environment variables that OpenStack's clients read. */
export async function openstackEnvironment(layout: Layout): Promise<Record<string, string>> {
  const access = await adminAccess(layout);
  return {
    OS_AUTH_URL: `${access.url}/identity/v3`,
    OS_IDENTITY_API_VERSION: '3',
    OS_USERNAME: access.user,
    OS_PASSWORD: access.password,
    OS_PROJECT_NAME: access.project,
    OS_USER_DOMAIN_NAME: 'Default',
    OS_PROJECT_DOMAIN_NAME: 'Default',
    OS_REGION_NAME: 'RegionOne',
    OS_COMPUTE_API_VERSION: '2.79',
    OS_CACERT: layout.path('pki', 'ca.crt'),
  };
}
