import { Command } from 'commander';
import { Api } from '../client/api.js';
import { adminAccess } from '../fleet/access.js';
import { caFingerprint } from '../pki/cluster-pki.js';
import { desiredStateCommand } from './desired-state.js';
import { abortDrainCommand, drainCommand } from './drain.js';
import { layoutOf, print } from './layout-of.js';

/** `lxstack host`, with its subcommands. */
export function hostCommand(): Command {
  const token = new Command('token')
    .description('make a token with which one host can join within an hour')
    .option('--for <host>', 'only the host of this name; without it any host that is new')
    .option('--re-enrol', 'the host has joined before and may do so again', false)
    .action(async (options: { for?: string; reEnrol: boolean }, command: Command) => {
      const layout = layoutOf(command);
      const api = new Api(await adminAccess(layout));
      const wanted = { hostname: options.for, re_enrol: options.reEnrol };
      const made = await api.call<{ token: string }>('POST', '/fleet/v1/join-tokens', wanted);
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
  const revoke = new Command('revoke')
    .description('refuse every call of a host until it joins again (host token --for NAME --re-enrol)')
    .argument('<name>')
    .action(async (name: string, _options: object, command: Command) => {
      const api = new Api(await adminAccess(layoutOf(command)));
      await api.call('POST', `/fleet/v1/hosts/${encodeURIComponent(name)}/revoke`);
      print(`${name} is revoked and gets nothing new; what runs there runs on until it is evacuated`);
    });
  const host = new Command('host').description('hosts of the fleet');
  for (const one of [token, drainCommand(), abortDrainCommand(), undrain, revoke, desiredStateCommand()])
    host.addCommand(one);
  return host;
}
