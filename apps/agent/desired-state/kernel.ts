import { baseTable } from '../network/anti-spoofing.js';
import { fdbOf, json, neighboursOf, text } from '../network/kernel-forwarding.js';
import type { Fdb, FdbRow, NeighbourRow } from '../network/kernel-forwarding.js';

export interface Link {
  up: boolean;
  mtu: number;
  master: string;
  vni: number | undefined;
}

/** This host's networks as the kernel has them. */
export interface Kernel {
  links: Map<string, Link>;
  /** By VXLAN device. */
  fdb: Map<string, Fdb>;
  /** By bridge, then by address: the MAC. */
  neighbours: Map<string, Map<string, string>>;
  /** The rules of each chain, as nft prints them. */
  chains: Map<string, string>;
  /** Devices whose frames go through their chain. */
  watched: Set<string>;
  /** Addresses of each set. */
  sets: Map<string, Set<string>>;
  /** Devices whose frames are filtered, by the map that says so. */
  filtered: Record<'arriving' | 'leaving', Set<string>>;
}

/** Reads all of it in four commands at the same time. */
export async function readKernel(): Promise<Kernel> {
  const [links, fdb, neighbours, rules] = await Promise.all([
    json<LinkRow>('ip', ['-d', '-j', 'link', 'show']),
    json<FdbRow>('bridge', ['-j', 'fdb', 'show']),
    json<NeighbourRow>('ip', ['-j', 'neigh', 'show', 'nud', 'permanent']),
    text('nft', ['list', 'table', ...baseTable.split(' ')]),
  ]);
  const devices = Map.groupBy(fdb, ({ ifname = '' }) => ifname);
  const bridges = Map.groupBy(neighbours, ({ dev = '' }) => dev);
  return {
    links: new Map(links.map((row) => [row.ifname, linkOf(row)])),
    fdb: new Map([...devices].filter(isNamed('lxv')).map(([name, rows]) => [name, fdbOf(rows)])),
    neighbours: new Map([...bridges].filter(isNamed('lxb')).map(([name, rows]) => [name, neighboursOf(rows)])),
    ...parseRules(rules),
  };
}

interface LinkRow {
  ifname: string;
  flags: string[];
  mtu: number;
  master?: string;
  linkinfo?: { info_data?: { id?: number } };
}

const isNamed =
  (prefix: string) =>
  ([name]: [string, unknown]): boolean =>
    name.startsWith(prefix);

function linkOf({ flags, mtu, master = '', linkinfo }: LinkRow): Link {
  return { up: flags.includes('UP'), mtu, master, vni: linkinfo?.info_data?.id };
}

/** Parses `nft list table`: the rules of each chain, one per line, and the devices of the verdict map. */
export function parseRules(listing: string): Pick<Kernel, 'chains' | 'watched' | 'sets' | 'filtered'> {
  const chains = new Map<string, string>();
  for (const [, name, body] of listing.matchAll(/^\tchain (\S+) \{\n([\s\S]*?)^\t\}/gm))
    chains.set(name, body.replace(/^\t+/gm, '').trim());
  const watched = new Set([...listing.matchAll(/"([^"]+)" : jump p-/g)].map(([, device]) => device));
  const sets = new Map<string, Set<string>>();
  for (const [, name, body] of listing.matchAll(/^\tset (\S+) \{\n([\s\S]*?)^\t\}/gm)) {
    const [, elements = ''] = /elements = \{([^}]*)\}/.exec(body) ?? [];
    sets.set(name, new Set(elements.split(',').flatMap((one) => one.trim() || [])));
  }
  const jumping = (to: string) =>
    [...listing.matchAll(new RegExp(`"([^"]+)" : jump ${to}-`, 'g'))].map(([, one]) => one);
  return { chains, watched, sets, filtered: { arriving: new Set(jumping('i')), leaving: new Set(jumping('e')) } };
}
