import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { baseTable } from '../network/anti-spoofing.js';

const exec = promisify(execFile);
/** Bound for the output of one command: hundreds of thousands of entries. More fails the comparison, not the agent. */
const OUTPUT = { maxBuffer: 256 * 1024 * 1024, timeout: 60_000 };

export interface Link {
  up: boolean;
  mtu: number;
  master: string;
  vni: number | undefined;
}

/**
 * The static forwarding of a VXLAN device: to which host each MAC is sent, and which MACs its bridge expects behind the
 * device.
 */
export interface Fdb {
  self: Map<string, string>;
  master: Set<string>;
}

/** This host's networks as the kernel has them. */
export interface Kernel {
  links: Map<string, Link>;
  fdb: Map<string, Fdb>;
  /** MAC by device, then by address. */
  neighbours: Map<string, Map<string, string>>;
  /** The rules of each chain, as nft prints them. */
  chains: Map<string, string>;
  /** Devices whose frames go through their chain. */
  watched: Set<string>;
}

/** Reads all of it in four commands at the same time. */
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

/** Parses `nft list table`: the rules of each chain, one per line, and the devices of the verdict map. */
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

/** Runs a command and returns its stdout, up to 256 MiB. */
export async function text(program: string, args: string[]): Promise<string> {
  return (await exec(program, args, OUTPUT)).stdout;
}
