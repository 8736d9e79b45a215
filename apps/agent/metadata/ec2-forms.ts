import { isIPv4 } from 'node:net';
import { plain } from './answer.js';
import type { Answer } from './answer.js';
import type { Guest } from './guest.js';

/** EC2's versions as Nova has them, each named by its date. */
const dates = [
  ...['1.0', '2007-01-19', '2007-03-01', '2007-08-29', '2007-10-10', '2007-12-15', '2008-02-01'],
  ...['2008-09-01', '2009-04-04'],
];
/** What the first level lists. */
export const ec2Versions = [...dates, 'latest'];

/** A folder or a text. A folder with a `label` is listed by it (EC2: public-keys). */
type Node = string | Buffer | readonly string[] | Folder;
class Folder {
  constructor(
    readonly entries: Readonly<Record<string, Node>>,
    readonly label?: string,
  ) {}
}

/** EC2's forms: /VERSION/meta-data/… and /VERSION/user-data. `path` begins with the version. */
export function ec2Answer(guest: Guest, path: readonly string[]): Answer | undefined {
  const [version = '', ...rest] = path;
  if (!ec2Versions.includes(version)) return undefined;
  let node: Node = rootOf(guest, version);
  for (const name of rest) {
    if (!(node instanceof Folder) || !Object.hasOwn(node.entries, name)) return undefined;
    node = node.entries[name]!;
  }
  return plain(node instanceof Folder ? listing(node) : node);
}

function listing({ entries }: Folder): string[] {
  const names = Object.keys(entries).sort();
  return names.map((name) => {
    const node = entries[name];
    return node instanceof Folder ? (node.label ?? `${name}/`) : name;
  });
}

function rootOf(guest: Guest, version: string): Folder {
  const { userData } = guest.data;
  return new Folder({
    'meta-data': metaData(guest, version),
    ...(userData && { 'user-data': Buffer.from(userData, 'base64') }),
  });
}

function metaData({ spec, data, changing }: Guest, version: string): Folder {
  const { hostname } = changing;
  const address = spec.nics.flatMap((nic) => nic.fixedIps).find((ip) => isIPv4(ip.address))?.address ?? '';
  const has = (date: string) => version !== '1.0' && version >= date; // 'latest' sorts behind every date
  return new Folder({
    'ami-id': idOf('ami', data.imageId),
    'ami-launch-index': '0',
    'ami-manifest-path': 'FIXME',
    'instance-id': idOf('i', spec.id),
    hostname,
    'local-ipv4': address,
    'reservation-id': data.reservationId,
    'security-groups': changing.securityGroups ?? [],
    ...(data.keyName && {
      'public-keys': new Folder({ 0: new Folder({ 'openssh-key': data.publicKey }, `0=${data.keyName}`) }),
    }),
    ...(has('2007-01-19') && { 'local-hostname': hostname, 'public-hostname': hostname, 'public-ipv4': '' }),
    ...(has('2007-08-29') && { 'instance-type': data.flavorName }),
    ...(has('2007-12-15') && { 'block-device-mapping': new Folder({ ami: 'root', root: '/dev/root' }) }),
    ...(has('2008-02-01') && { placement: new Folder({ 'availability-zone': changing.availabilityZone }) }),
    ...(has('2008-09-01') && { 'instance-action': 'none' }),
  });
}

/** EC2's form of ids: a prefix and 17 hexadecimal digits; here those of the UUID. */
const idOf = (prefix: string, uuid: string): string =>
  uuid ? `${prefix}-${uuid.replaceAll('-', '').slice(0, 17)}` : '';
