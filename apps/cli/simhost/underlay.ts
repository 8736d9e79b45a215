import { existsSync } from 'node:fs';
import { underlay } from '../fleet/layout.js';
import type { Layout } from '../fleet/layout.js';
import { command } from '../process/command.js';

/** Name of each member's uplink. */
const UPLINK = 'up0';

/** Makes the namespace and bridge of the switch, unless they exist. */
export async function ensureSwitch(layout: Layout): Promise<void> {
  if (!(await ensureNamespace(layout.namespace('sw')))) return;
  await ipBatch(layout.namespace('sw'), ['link add br0 type bridge', 'link set br0 up']);
}

/** Makes a member's namespace and plugs it into the switch at `address`, unless it exists. */
export async function ensureMember(layout: Layout, member: string, address: string): Promise<void> {
  const namespace = layout.namespace(member);
  if (!(await ensureNamespace(namespace))) return;
  const port = `p-${member}`;
  const { mtu, prefix } = underlay;
  await ipBatch(layout.namespace('sw'), [
    `link add ${port} mtu ${mtu} type veth peer name ${UPLINK} mtu ${mtu} netns ${namespace}`,
    `link set ${port} master br0 up`,
  ]);
  await ipBatch(namespace, [`addr add ${address}/${prefix} dev ${UPLINK}`, `link set ${UPLINK} up`]);
}

/** Every namespace of the deployment, whatever made it. */
export async function namespacesOf(layout: Layout): Promise<string[]> {
  const names = (await command('ip', ['netns', 'list'])).split('\n').map((line) => line.split(' ')[0]!);
  return names.filter((name) => name.startsWith(layout.namespace('')));
}

/** Removes a network namespace. Throws CommandError. */
export async function deleteNamespace(name: string): Promise<void> {
  await command('ip', ['netns', 'del', name]);
}

/** Returns whether the namespace was made now. */
async function ensureNamespace(name: string): Promise<boolean> {
  if (existsSync(`/run/netns/${name}`)) return false;
  await command('ip', ['netns', 'add', name]);
  await ipBatch(name, ['link set lo up']);
  return true;
}

function ipBatch(namespace: string, lines: string[]): Promise<string> {
  return command('ip', ['-n', namespace, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}
