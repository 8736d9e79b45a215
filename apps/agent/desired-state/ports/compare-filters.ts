import type { KernelDifference } from '#libs/agent-protocol/kernel-differences';
import type { WantedFilters } from '../../network/filters/host-filters.js';
import { hostVethName } from '../../network/interface-names.js';
import type { Kernel } from '../kernel.js';

/** What must be in the table's own chains: without it no port is filtered. */
const hooks: Readonly<Record<string, readonly string[]>> = {
  prerouting: ['hook prerouting', 'iifname vmap @ports'],
  egress: ['hook prerouting', 'iifname vmap @leaving'],
  ingress: ['hook postrouting', 'oifname vmap @arriving'],
};

/** Differences of what security groups let pass. `rules`: the wanted rules by chain, as nft prints them. */
export function compareFilters(
  wanted: WantedFilters,
  rules: ReadonlyMap<string, string>,
  kernel: Kernel,
): KernelDifference[] {
  const differences: KernelDifference[] = [];
  const say = (message: string) => differences.push({ kind: 'port-filter', message });
  if (wanted.filtered.length)
    for (const [chain, parts] of Object.entries(hooks))
      if (!parts.every((part) => kernel.chains.get(chain)?.includes(part))) say(`frames do not go through ${chain}`);
  for (const id of wanted.filtered)
    for (const [way, devices] of Object.entries(kernel.filtered))
      if (!devices.has(hostVethName(id))) say(`frames ${way} at port ${id} are not filtered`);
  for (const { chain, what } of wanted.chains)
    if (kernel.chains.get(chain) !== rules.get(chain)) say(`the rules of ${what} are not those it should have`);
  for (const { set, addresses, group } of wanted.sets) {
    const found = kernel.sets.get(set);
    if (set.startsWith('n')) continue;
    if (!found || found.size !== addresses.size || [...addresses].some((one) => !found.has(one)))
      say(`the addresses of security group ${group} are not those of its members`);
  }
  return differences;
}
