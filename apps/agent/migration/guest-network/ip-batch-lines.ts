import type { Nic } from '#generated/lxstack/agent/v1/types';
import { defaultRoutes } from '../../network/default-routes.js';

/** What `ip -j addr` shows of a device; the fields that are used. */
export interface Link {
  ifname: string;
  address?: string;
  mtu: number;
  flags: string[];
  addr_info: Address[];
}

interface Address {
  local?: string;
  /** Of the other side of a point-to-point link. */
  address?: string;
  prefixlen: number;
  broadcast?: string;
  scope: string;
  label?: string;
  protocol?: string;
  temporary?: boolean;
  /** Seconds; 2^32 - 1: for ever. */
  valid_life_time?: number;
  preferred_life_time?: number;
}

const FOR_EVER = 2 ** 32 - 1;
/** Words of `ip` output that name a state, not a setting. */
const STATES = new Set(['linkdown', 'dead', 'offload', 'rt_offload', 'trap', 'rt_trap']);
const WORD = /^[A-Za-z0-9.:/_@%,=+-]+$/;
/** Rules that every network namespace has: pref and table. */
const KERNELS = new Set(['0 local', '32766 main', '32767 default']);

/** Name inside the guest of the instance's NIC number `index`, from 0. */
export const nameOf = (nics: readonly Nic[], index: number): string => nics[index]!.name || `eth${index}`;

/**
 * `ip -batch` lines that turn the namespace as `nicLines` makes it into the one seen: addresses that the guest has
 * added or removed, MTUs, devices that are down.
 */
export function linkLines(links: readonly Link[], nics: readonly Nic[]): string[] {
  return links.flatMap((link) => {
    const index = nics.findIndex((_, at) => nameOf(nics, at) === link.ifname);
    if (index < 0 && link.ifname !== 'lo') return [];
    const nic = nics[index];
    const given = nic ? nic.fixedIps.map((ip) => `${ip.address}/${ip.prefixLength}`) : ['127.0.0.1/8', '::1/128'];
    const own = link.addr_info.filter((one) => one.local && one.protocol !== 'kernel_ll' && !one.temporary);
    const present = new Set(own.map(text));
    const mtu = nic ? nic.mtu || 1500 : 65_536;
    return [
      ...(link.mtu === mtu ? [] : [`link set dev ${link.ifname} mtu ${link.mtu}`]),
      ...given.filter((one) => !present.has(one)).map((one) => `addr del ${one} dev ${link.ifname}`),
      ...own.filter((one) => !given.includes(text(one))).map((one) => addressLine(one, link.ifname)),
      ...(link.flags.includes('UP') ? [] : [`link set dev ${link.ifname} down`]),
    ].filter(safe);
  });
}

const text = ({ local, prefixlen }: Address): string => `${local}/${prefixlen}`;

function addressLine(one: Address, device: string): string {
  const limited = one.valid_life_time !== undefined && one.valid_life_time !== FOR_EVER;
  return [
    `addr replace ${one.local}`,
    one.address ? ` peer ${one.address}` : '',
    `/${one.prefixlen} dev ${device} scope ${one.scope}`,
    one.broadcast ? ` broadcast ${one.broadcast}` : '',
    one.label && one.label !== device ? ` label ${one.label}` : '',
    one.local!.includes(':') ? ' nodad' : '',
    limited ? ` valid_lft ${one.valid_life_time} preferred_lft ${one.preferred_life_time ?? 0}` : '',
  ].join('');
}

/** Any default route of the main table goes, whoever made it; there may be none. */
const withoutDefault = (version: 4 | 6): string[] =>
  ['replace', 'del'].map((verb) => `route ${verb} blackhole ${version === 6 ? '::/0' : 'default'}`);

/**
 * Lines for the routes of one family, from `ip route show table all`: the guest's, the default route included. The target
 * makes one by what the subnet's gateway is by now, which is not what it was when the guest began.
 */
export function routeLines(shown: string, nics: readonly Nic[], version: 4 | 6): string[] {
  const routes = joined(shown)
    .filter((words) => !/ proto (kernel|ra)( |$)/.test(` ${words.join(' ')}`))
    .map((words) => (version === 6 && words[0] === 'default' ? ['::/0', ...words.slice(1)] : words))
    .map((words) => (version === 4 && isOnLink(words) ? [...words, 'scope', 'global'] : words));
  const hasAddress = nics.some((nic) => nic.fixedIps.some((ip) => ip.address.includes(':') === (version === 6)));
  return [
    ...(hasAddress && !routes.some((words) => replacesMade(words)) ? withoutDefault(version) : []),
    ...routes.map((words) => `route replace ${words.join(' ')}`),
  ].filter(safe);
}

/**
 * An IPv4 route to a device with no scope shown: `ip` shows none for the scope global, and takes `link` where none is
 * said.
 */
const isOnLink = ([to = '', ...words]: readonly string[]): boolean =>
  /^(default|[0-9.]+(\/\d+)?)$/.test(to) && !['scope', 'via', 'nexthop', 'nhid'].some((word) => words.includes(word));

/** At the target: the lines less those that say of its own default routes what `nicLines` makes of them. */
export function beyondMade(lines: readonly string[], nics: readonly Nic[], version: 4 | 6): string[] {
  const made = [...defaultRoutes(nics)].filter((ip) => ip.address.includes(':') === (version === 6));
  const isMade = (line: string) => {
    const [verb, what, ...words] = line.split(' ');
    if (verb !== 'route' || what !== 'replace' || !replacesMade(words)) return false;
    return made.some(({ gateway }) => words[2] === gateway) && words.slice(5).every((word) => DEFAULTS.has(word));
  };
  const needless = made.length ? [] : withoutDefault(version);
  return lines.filter((line) => !isMade(line) && !needless.includes(line));
}

/** What `ip` shows of an IPv6 route that names none of it. */
const DEFAULTS = new Set(['metric', '1024', 'pref', 'medium']);

/** A default route of the main table in the place of the one that `nicLines` makes: of the same metric. */
function replacesMade(words: readonly string[]): boolean {
  const metric = words.includes('metric') ? words[words.indexOf('metric') + 1] : undefined;
  const isMain = !words.includes('table') && (metric === undefined || metric === '0' || metric === '1024');
  return isMain && (words[0] === '::/0' ? true : words[0] === 'default' && metric !== '1024');
}

/** Lines for the rules of one family, from `ip rule show`. */
export function ruleLines(shown: string): string[] {
  return joined(shown)
    .map(([pref = '', ...words]) => ({ pref: pref.replace(':', ''), words }))
    .filter(({ pref, words }) => !(words.length === 4 && KERNELS.has(`${pref} ${words[3]}`)))
    .map(({ pref, words }) => `rule add pref ${pref} ${words.join(' ')}`)
    .filter(safe);
}

/** Words of each entry; the hops of a route that has several are on lines of their own, indented. */
function joined(shown: string): string[][] {
  return shown
    .replaceAll(/\n\s+/g, ' ')
    .split('\n')
    .map((line) => line.split(/\s+/).filter((word) => word && !STATES.has(word)))
    .filter((words) => words.length);
}

/** Every word is one: what the guest may name (devices, tables) begins no command of its own. */
const safe = (line: string): boolean => line.split(' ').every((word) => WORD.test(word));
