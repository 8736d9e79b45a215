import { Command } from 'commander';
import { Api } from '../client/api.js';
import { adminAccess } from '../fleet/access.js';
import { caFingerprint } from '../pki/cluster-pki.js';
import { abortDrainCommand, drainCommand } from './drain.js';
import { layoutOf, print } from './layout-of.js';

export function hostCommand(): Command {
  const token = new Command('token')
    .description('make a token with which one host can join within an hour')
    .action(async (_options: object, command: Command) => {
      const layout = layoutOf(command);
      const api = new Api(await adminAccess(layout));
      const made = await api.call<{ token: string }>('POST', '/fleet/v1/join-tokens', {});
      print(`token:       ${made.token}`);
      print(`fingerprint: sha256:${await caFingerprint(layout.path('pki'))}`);
    });
  const undrain = new Command('undrain')
    .description('let a host take servers again')
    .argument('<name>')
    .action(async (name: string, _options: object, command: Command) => {
      const api = new Api(await adminAccess(layoutOf(command)));
      await api.call('PUT', `/compute/v2.1/os-services/${encodeURIComponent(name)}`, { status: 'enabled' });
      print(`${name} takes servers again`);
    });
  const host = new Command('host').description('hosts of the fleet');
  for (const one of [token, drainCommand(), abortDrainCommand(), undrain]) host.addCommand(one);
  return host;
}
