import type { NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { chainOf, portRules } from '../../network/anti-spoofing.js';
import { nft } from '../../network/commands.js';
import { isDown } from '../../network/port-links.js';
import { text } from '../../network/kernel-forwarding.js';
import type { WantedFilters } from '../../network/filters/host-filters.js';
import { parseRules } from '../kernel.js';

/** A table without a hook: no frame passes through it. */
const TABLE = 'bridge lxstack-wanted';

/**
 * The rules that ports should have, in the kernel's own spelling: writes them to a table that no frame passes, and
 * reads them back.
 */
export async function wantedRules(
  ports: readonly { network: NetworkSpec; nic: Nic }[],
  filters: readonly WantedFilters[],
): Promise<Map<string, string>> {
  if (!ports.length) return new Map();
  const lines = [`add table ${TABLE}`, `delete table ${TABLE}`, `add table ${TABLE}`];
  for (const { network, nic } of ports) {
    lines.push(`add chain ${TABLE} ${chainOf(nic)}`);
    for (const rule of portRules(nic, isDown(network, nic))) lines.push(`add rule ${TABLE} ${chainOf(nic)} ${rule}`);
  }
  lines.push(...filterLines(filters));
  await nft(`${lines.join('\n')}\n`);
  try {
    return parseRules(await text('nft', ['list', 'table', ...TABLE.split(' ')])).chains;
  } finally {
    await nft(`delete table ${TABLE}\n`);
  }
}

/** Chains before their rules, because rules jump to chains; sets are there for their names. */
function filterLines(filters: readonly WantedFilters[]): string[] {
  const chains = new Map(filters.flatMap((one) => one.chains).map(({ chain, rules }) => [chain, rules]));
  const sets = new Set(filters.flatMap((one) => one.sets).map(({ set }) => set));
  return [
    ...[...sets].map((set) => `add set ${TABLE} ${set} { type ipv${set[1]}_addr; flags interval; }`),
    ...[...chains.keys()].map((chain) => `add chain ${TABLE} ${chain}`),
    ...[...chains].flatMap(([chain, rules]) => rules.map((rule) => `add rule ${TABLE} ${chain} ${rule}`)),
  ];
}
