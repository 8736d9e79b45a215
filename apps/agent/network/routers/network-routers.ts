import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { sleep } from '#libs/common/clock';
import { Turns } from '#libs/common/turns';
import { unprotect } from '../anti-spoofing.js';
import { ipBatch, ipBatchForce, linkExists, nft, removeLinks } from '../commands.js';
import { routerLinkOf, routerNamespaceOf } from '../interface-names.js';
import { run } from '../../process/run.js';
import { innerLines, outerLines, routerSysctls, tellingLines } from './router-lines.js';
import type { RouterSeen } from './router-lines.js';
import { guardRouter } from './router-rules.js';
import { checkRouter } from './router-spec.js';
import type { RouterInterfaceSpec, RouterSpec } from './router-spec.js';

const NAMESPACES = '/run/netns';
/** BR_STATE_FORWARDING of the kernel. */
const FORWARDING = '3';
/** Names of routers' namespaces on this host. */
const NAME = /^lxr[0-9a-f]{12}$/;

/**
 * The routers of this host: each is a network namespace with a veth into the bridge of each of its networks. It routes
 * what this host's guests send; the same gateway, with the same MAC, is on every host that has the network, and its
 * broadcasts stay on the host.
 */
export class NetworkRouters {
  /** One change of a router at a time. */
  private readonly turns = new Turns();

  /** Makes the router what `spec` says, on what the kernel has of it now. */
  apply(spec: RouterSpec): Promise<void> {
    checkRouter(spec);
    return this.turns.take(spec.id, () => this.make(spec));
  }

  /** Removes the router; a missing one is a success. */
  remove(routerId: string): Promise<void> {
    const namespace = routerNamespaceOf(routerId);
    return this.turns.take(routerId, () => removeNamespace(namespace));
  }

  /** Removes every router that is not among `kept`. */
  async removeOthers(kept: ReadonlySet<string>): Promise<void> {
    const names = new Set([...kept].map(routerNamespaceOf));
    for (const name of await readdir(NAMESPACES).catch(nothingWhereMissing))
      if (NAME.test(name) && !names.has(name)) await removeNamespace(name);
  }

  /** Differences between the router in the kernel and the one that should be, in words. */
  async compare(spec: RouterSpec): Promise<string[]> {
    const namespace = routerNamespaceOf(spec.id);
    if (!existsSync(`${NAMESPACES}/${namespace}`)) return [`router ${spec.id} is not made here`];
    return innerLines(spec, await inside(namespace)).map((line) => `router ${spec.id} lacks: ${line}`);
  }

  private async make(spec: RouterSpec): Promise<void> {
    const namespace = routerNamespaceOf(spec.id);
    if (!existsSync(`${NAMESPACES}/${namespace}`)) {
      await run('ip', ['netns', 'add', namespace]);
      await run('nsenter', [`--net=${NAMESPACES}/${namespace}`, 'sysctl', '-q', '-w', ...routerSysctls]);
    }
    await nft(spec.interfaces.map(guardRouter).join(''));
    const before = await inside(namespace);
    // The outer end of a pair goes with the inner one; one whose inner end is elsewhere is another namespace's rest.
    const isMade = ({ portId }: RouterSpec['interfaces'][number]) =>
      before.links.has(routerLinkOf(portId)) && linkExists(routerLinkOf(portId));
    await removeLinks(spec.interfaces.filter((one) => !isMade(one)).map(({ portId }) => routerLinkOf(portId)));
    await ipBatch(spec.interfaces.flatMap((one) => outerLines(namespace, one, isMade(one))));
    const then = await inside(namespace);
    await inBatch(namespace, innerLines(spec, then));
    await tell(
      namespace,
      spec.interfaces.filter(({ portId, mac }) => {
        const link = then.links.get(routerLinkOf(portId));
        return !link?.up || link.mac !== mac;
      }),
    );
    await removeRules([...before.links.keys()].filter((name) => !linkExists(name)));
  }
}

/** Tells the networks where the gateway is now, when their bridges let frames of its links pass. */
async function tell(namespace: string, interfaces: readonly RouterInterfaceSpec[]): Promise<void> {
  for (const { portId } of interfaces) {
    // The bridge hears of the carrier from a timer of the kernel, which tells nobody else of it.
    for (let tries = 0; tries < 150 && !(await forwards(routerLinkOf(portId))); tries++) await sleep(20);
  }
  await inBatch(namespace, tellingLines(interfaces));
}

async function forwards(link: string): Promise<boolean> {
  const state = await readFile(`/sys/class/net/${link}/brport/state`, 'utf8').catch(() => '');
  return state.trim() === FORWARDING;
}

async function inBatch(namespace: string, lines: readonly string[]): Promise<void> {
  if (lines.length) await run('ip', ['-n', namespace, '-batch', '-'], `${lines.join('\n')}\n`);
}

async function removeNamespace(namespace: string): Promise<void> {
  if (!existsSync(`${NAMESPACES}/${namespace}`)) return;
  const links = [...(await inside(namespace)).links.keys()];
  // A namespace goes later than its name; its links would still answer until then.
  await ipBatchForce(links.map((name) => `link del ${name}`));
  await run('ip', ['netns', 'del', namespace]);
  await removeRules(links);
}

async function removeRules(links: readonly string[]): Promise<void> {
  if (links.length) await nft(links.map((link) => unprotect(link)).join(''));
}

interface AddressRow {
  ifname: string;
  address: string;
  mtu: number;
  flags: string[];
  addr_info: { local: string; prefixlen: number; scope: string }[];
}

async function inside(namespace: string): Promise<RouterSeen> {
  const [addresses, v4, v6] = await Promise.all([
    rows<AddressRow>(namespace, ['addr', 'show']),
    rows<{ dst: string; gateway: string }>(namespace, ['-4', 'route', 'show', 'proto', 'static']),
    rows<{ dst: string; gateway: string }>(namespace, ['-6', 'route', 'show', 'proto', 'static']),
  ]);
  const links = addresses.filter(({ ifname }) => ifname.startsWith('lr'));
  return {
    links: new Map(
      links.map(({ ifname, address, mtu, flags, addr_info }) => [
        ifname,
        {
          mac: address,
          mtu,
          up: flags.includes('UP'),
          addresses: addr_info.filter(({ scope }) => scope === 'global').map((one) => `${one.local}/${one.prefixlen}`),
        },
      ]),
    ),
    routes: [...v4, ...v6].map(({ dst, gateway }) => `${whole(dst, gateway)} via ${gateway}`),
  };
}

/** As the document writes it: `ip` leaves out the length of a single address and says `default`. */
function whole(destination: string, gateway: string): string {
  const isV6 = gateway.includes(':');
  if (destination === 'default') return isV6 ? '::/0' : '0.0.0.0/0';
  return destination.includes('/') ? destination : `${destination}/${isV6 ? 128 : 32}`;
}

async function rows<T>(namespace: string, args: string[]): Promise<T[]> {
  const answer = await run('ip', ['-n', namespace, '-j', ...args]);
  return answer.trim() ? (JSON.parse(answer) as T[]) : [];
}

function nothingWhereMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
