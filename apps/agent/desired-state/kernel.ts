import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { baseTable } from '../network/anti-spoofing.js';

const exec = promisify(execFile);
/** Hundreds of thousands of entries; what is more than that fails the comparison, not the agent. */
const OUTPUT = { maxBuffer: 256 * 1024 * 1024, timeout: 60_000 };

export interface Link {
  up: boolean;
  mtu: number;
  master: string;
  vni: number | undefined;
}

/** What of a VXLAN device's forwarding is static: where MACs are sent, and which of them its bridge knows behind it. */
export interface Fdb {
  self: Map<string, string>;
  master: Set<string>;
}

/** The networks of this host as the kernel has them. */
export interface Kernel {
  links: Map<string, Link>;
  fdb: Map<string, Fdb>;
  /** By device, then by address: the MAC. */
  neighbours: Map<string, Map<string, string>>;
  /** By chain: its rules as nft writes them. */
  chains: Map<string, string>;
  /** Devices whose frames are looked at. */
  watched: Set<string>;
}

export async function readKernel(): Promise<Kernel> {
  const [links, fdb, neighbours, rules] = await Promise.all([
    json<LinkRow>('ip', ['-d', '-j', 'link', 'show']),
    json<FdbRow>('bridge', ['-j', 'fdb', 'show']),
    json<NeighbourRow>('ip', ['-j', 'neigh', 'show', 'nud', 'permanent']),
    text('nft', ['list', 'table', ...baseTable.split(' ')]),
  ]);
  return {
    links: new Map(links.map((row) => [row.ifname, linkOf(row)])),
    fdb: fdbOf(fdb),
    neighbours: neighboursOf(neighbours),
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

interface FdbRow {
  mac: string;
  ifname: string;
  dst?: string;
  master?: string;
  flags?: string[];
  state?: string;
}

interface NeighbourRow {
  dst: string;
  dev: string;
  lladdr?: string;
}

function linkOf({ flags, mtu, master = '', linkinfo }: LinkRow): Link {
  return { up: flags.includes('UP'), mtu, master, vni: linkinfo?.info_data?.id };
}

function fdbOf(rows: FdbRow[]): Map<string, Fdb> {
  const all = new Map<string, Fdb>();
  for (const { mac, ifname, dst, master, flags = [], state = '' } of rows) {
    if (!ifname.startsWith('lxv')) continue;
    const fdb = all.get(ifname) ?? { self: new Map<string, string>(), master: new Set<string>() };
    all.set(ifname, fdb);
    if (flags.includes('self') && dst) fdb.self.set(mac, dst);
    else if (master && state !== 'permanent') fdb.master.add(mac);
  }
  return all;
}

function neighboursOf(rows: NeighbourRow[]): Map<string, Map<string, string>> {
  const all = new Map<string, Map<string, string>>();
  for (const { dst, dev, lladdr = '' } of rows) {
    if (!dev.startsWith('lxb')) continue;
    all.set(dev, (all.get(dev) ?? new Map<string, string>()).set(dst, lladdr));
  }
  return all;
}

/** `nft list table`: each chain's rules, one a line, and the devices of the verdict map. */
export function parseRules(listing: string): Pick<Kernel, 'chains' | 'watched'> {
  const chains = new Map<string, string>();
  for (const [, name, body] of listing.matchAll(/^\tchain (\S+) \{\n([\s\S]*?)^\t\}/gm))
    chains.set(name, body.replace(/^\t+/gm, '').trim());
  const watched = new Set([...listing.matchAll(/"([^"]+)" : jump p-/g)].map(([, device]) => device));
  return { chains, watched };
}

async function json<T>(program: string, args: string[]): Promise<T[]> {
  return JSON.parse((await text(program, args)) || '[]') as T[];
}

export async function text(program: string, args: string[]): Promise<string> {
  return (await exec(program, args, OUTPUT)).stdout;
}
