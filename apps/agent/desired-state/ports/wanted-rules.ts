import type { NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { chainOf, portRules } from '../../network/anti-spoofing.js';
import { nft } from '../../network/commands.js';
import { isDown } from '../../network/port-links.js';
import { text } from '../../network/kernel-forwarding.js';
import { parseRules } from '../kernel.js';

/** A table without a hook: no frame passes through it. */
const TABLE = 'bridge lxstack-wanted';

/**
 * The rules that ports should have, in the kernel's own spelling: writes them to a table that no frame passes, and
 * reads them back.
 */
export async function wantedRules(ports: readonly { network: NetworkSpec; nic: Nic }[]): Promise<Map<string, string>> {
  if (!ports.length) return new Map();
  const lines = [`add table ${TABLE}`, `delete table ${TABLE}`, `add table ${TABLE}`];
  for (const { network, nic } of ports) {
    lines.push(`add chain ${TABLE} ${chainOf(nic)}`);
    for (const rule of portRules(nic, isDown(network, nic))) lines.push(`add rule ${TABLE} ${chainOf(nic)} ${rule}`);
  }
  await nft(`${lines.join('\n')}\n`);
  try {
    return parseRules(await text('nft', ['list', 'table', ...TABLE.split(' ')])).chains;
  } finally {
    await nft(`delete table ${TABLE}\n`);
  }
}
