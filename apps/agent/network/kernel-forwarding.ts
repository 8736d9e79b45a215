import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { bridgeOf, vxlanOf } from './interface-names.js';

const exec = promisify(execFile);
/** Hundreds of thousands of entries; what is more than that fails who reads it, not the agent. */
const OUTPUT = { maxBuffer: 256 * 1024 * 1024, timeout: 60_000 };

/** What of a VXLAN device's forwarding is static: where MACs are sent, and which of them its bridge knows behind it. */
export interface Fdb {
  self: ReadonlyMap<string, string>;
  master: ReadonlySet<string>;
}

/** The kernel's word on one network's forwarding. */
export interface ForwardingSeen {
  fdb: Fdb;
  /** Permanent neighbours of the bridge: the MAC by address. */
  neighbours: ReadonlyMap<string, string>;
}

export interface FdbRow {
  mac: string;
  /** Not told where only one device is asked for. */
  ifname?: string;
  dst?: string;
  master?: string;
  flags?: string[];
  state?: string;
}

export interface NeighbourRow {
  dst: string;
  /** Not told where only one device is asked for. */
  dev?: string;
  lladdr?: string;
}

/** Throws where the network's devices are not there. */
export async function readForwarding(vni: number): Promise<ForwardingSeen> {
  const [fdb, neighbours] = await Promise.all([
    json<FdbRow>('bridge', ['-j', 'fdb', 'show', 'dev', vxlanOf(vni)]),
    json<NeighbourRow>('ip', ['-j', 'neigh', 'show', 'dev', bridgeOf(vni), 'nud', 'permanent']),
  ]);
  return { fdb: fdbOf(fdb), neighbours: neighboursOf(neighbours) };
}

/** Rows of one VXLAN device. */
export function fdbOf(rows: readonly FdbRow[]): Fdb {
  const [self, known] = [new Map<string, string>(), new Set<string>()];
  for (const { mac, dst, master, flags = [], state = '' } of rows)
    if (flags.includes('self') && dst) self.set(mac, dst);
    else if (master && state !== 'permanent') known.add(mac);
  return { self, master: known };
}

/** Rows of one bridge. */
export function neighboursOf(rows: readonly NeighbourRow[]): Map<string, string> {
  return new Map(rows.map(({ dst, lladdr = '' }) => [dst, lladdr]));
}

/** What an iproute2 program says in JSON; nothing at all is an empty list. */
export async function json<T>(program: string, args: readonly string[]): Promise<T[]> {
  return JSON.parse((await text(program, args)) || '[]') as T[];
}

/** What the program prints. Throws where it fails, or prints more than OUTPUT allows. */
export async function text(program: string, args: readonly string[]): Promise<string> {
  return (await exec(program, args, OUTPUT)).stdout;
}
