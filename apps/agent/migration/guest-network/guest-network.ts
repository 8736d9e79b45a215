import { appendFile, writeFile } from 'node:fs/promises';
import type { Nic } from '#generated/lxstack/agent/v1/types';
import { run } from '../../process/run.js';
import { parseNeighbours } from './neighbours.js';
import type { Neighbour } from './neighbours.js';
import { closedLoopback, loopbackGate } from '../frames/syn-gate.js';
import { insideNetwork } from './inside-network.js';
import { beyondMade, linkLines, nameOf, routeLines, ruleLines } from './ip-batch-lines.js';
import type { Link } from './ip-batch-lines.js';
import { changedSysctls, parseSysctls } from './sysctls.js';
import type { Sysctls } from './sysctls.js';
import { moveFile } from '../move-files.js';
import type { MoveFile } from '../move-files.js';

/** What a guest has changed in its network namespace beyond its NICs' own settings. CRIU restores none of it. */
export interface GuestNetwork {
  neighbours: Neighbour[];
  /** For `ip -batch`: addresses, MTUs, routes and rules; and those for `ip -6`. */
  ip: string[];
  ip6: string[];
  sysctls: [string, string][];
  /** `nft -j list ruleset`; empty where there are no tables. */
  ruleset: string;
  /** A socket of the instance waits for the answer to its SYN (SYN_SENT). */
  asking: boolean;
  /** A connection of the instance to itself has data that the other end has not taken. A source of v0.2 does not tell. */
  unsent?: boolean;
}

// grep ends with 2 when it cannot read some keys, which is normal.
const SYSCTLS = "grep -rs '' /proc/sys/net || [ $? = 2 ]";

let pristine: Promise<Sysctls> | undefined;

/** Reads it in the namespace of process `initPid`. */
export async function readGuestNetwork(initPid: number, nics: readonly Nic[]): Promise<GuestNetwork> {
  const [shown, untouched] = await Promise.all([
    insideNetwork(initPid, [
      'ip neigh show',
      'ip -j addr',
      'nft -j list ruleset',
      SYSCTLS,
      'ip -4 route show table all',
      'ip -6 route show table all',
      'ip -4 rule',
      'ip -6 rule',
    ]),
    (pristine ??= run('unshare', ['--net', 'sh', '-c', SYSCTLS]).then(parseSysctls)),
  ]);
  const [neighbours, links, ruleset, sysctls, ...routing] = shown as [string, string, string, string, ...string[]];
  const [routes4, routes6, rules4, rules6] = routing as [string, string, string, string];
  return {
    neighbours: parseNeighbours(neighbours),
    ip: [...linkLines(JSON.parse(links) as Link[], nics), ...routeLines(routes4, nics, 4), ...ruleLines(rules4)],
    ip6: [...routeLines(routes6, nics, 6), ...ruleLines(rules6)],
    sysctls: changedSysctls(
      parseSysctls(sysctls),
      untouched,
      nics.map((_, at) => nameOf(nics, at)),
    ),
    ruleset: hasTables(ruleset) ? ruleset : '',
    asking: false,
  };
}

/** A guest that has changed nothing. */
export const untouched: GuestNetwork = { neighbours: [], ip: [], ip6: [], sysctls: [], ruleset: '', asking: false };

const hasTables = (ruleset: string): boolean =>
  (JSON.parse(ruleset) as { nftables: object[] }).nftables.some((entry) => 'table' in entry);

/**
 * At the target, before the restore: writes what the action script puts into the namespace before CRIU restores sockets, which may
 * be bound to the guest's own addresses. IPv4 goes along with the NICs: a process less in the freeze.
 */
export async function keepForRestore(
  directory: string,
  { ip, ip6, asking, unsent }: GuestNetwork,
  nics: readonly Nic[],
): Promise<void> {
  const lines = (all: readonly string[]) => all.map((line) => `${line}\n`).join('');
  const put = (file: MoveFile, text: string) => text && writeFile(moveFile(directory, file), text);
  await Promise.all([
    appendFile(moveFile(directory, 'nics'), lines(beyondMade(ip, nics, 4))),
    put('guestIpv6', lines(beyondMade(ip6, nics, 6))),
    put('loopbackGate', unsent ? closedLoopback : asking ? loopbackGate : ''),
  ]);
}

/** While CRIU restores on: puts sysctls and nftables into the namespace of process `initPid`. */
export async function putRest(initPid: number, { sysctls, ruleset }: GuestNetwork): Promise<void> {
  const enter = `--net=/proc/${initPid}/ns/net`;
  const settings = sysctls.map(([key, value]) => `${key}=${value}`);
  await Promise.all([
    settings.length ? run('nsenter', [enter, 'sysctl', '-e', '-q', '-w', ...settings]) : '',
    ruleset ? run('nsenter', [enter, 'nft', '-j', '-f', '-'], ruleset) : '',
  ]);
}
