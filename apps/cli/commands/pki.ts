import { Command, InvalidArgumentError } from 'commander';
import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import { caFingerprint, ensurePki } from '../pki/cluster-pki.js';
import { print } from './layout-of.js';

const DNS_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/** Makes the certificates that a control plane needs before its first start. */
export function pkiCommand(): Command {
  return new Command('pki')
    .description(
      "make the cluster's CA and the certificates of api and worker in DIR/api and DIR/worker; kept once made",
    )
    .argument('<dir>', 'absolute path of a directory, made where it is not there', absolute)
    .requiredOption(
      '--names <names>',
      'under which clients and hosts reach the API: DNS names, addresses, with commas',
      namesOf,
    )
    .option('--cluster <name>', "in the CA's name", 'cluster')
    .action(async (directory: string, { names, cluster }: { names: string[]; cluster: string }) => {
      await ensurePki(directory, cluster, ['api', 'worker'], names);
      print(`sha256:${await caFingerprint(directory)}`);
    });
}

/**
 * Refuses a relative path: `lxstack` changes to its own directory, so the path would mean another place than for the
 * caller.
 */
function absolute(path: string): string {
  if (!isAbsolute(path)) throw new InvalidArgumentError('expected an absolute path.');
  return path;
}

function namesOf(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  for (const name of names)
    if (!isIP(name) && !DNS_NAME.test(name)) throw new InvalidArgumentError(`"${name}" is no DNS name and no address.`);
  return names;
}
