import type { Nic } from '#generated/lxstack/agent/v1/types';
import { orEmpty } from '../criu/checkpoint-process.js';
import { insideNetwork } from '../guest-network/inside-network.js';
import { nameOf } from '../guest-network/ip-batch-lines.js';

/** What `ip -j -d link` shows of a device; the fields that are used. */
export interface Device {
  ifname: string;
  flags: string[];
  linkinfo?: { info_kind?: string };
}

/** Made by the kernel in every namespace where their module is there. */
const FALLBACKS = /^(tunl|gre|gretap|erspan|ip_vti|ip6_vti|sit|ip6tnl|ip6gre)0$/;

/** Devices and filters in the network namespace of process `initPid` that are not carried. */
export async function blockingNetwork(initPid: number, nics: readonly Nic[]): Promise<string[]> {
  const [shown, ...legacy] = await Promise.all([
    insideNetwork(initPid, ['ip -j -d link', 'nft -j list ruleset']),
    ...['ip_tables_names', 'ip6_tables_names'].map((file) => orEmpty(`/proc/${initPid}/net/${file}`)),
  ]);
  const [links, ruleset] = shown as [string, string];
  return [
    ...foreignDevices(JSON.parse(links) as Device[], nics),
    ...(legacy.join('').trim() || ruleset.includes('"xt":')
      ? ['Filters were made by iptables, which are not carried: make them with nft, or use a cold migration.']
      : []),
  ];
}

/** Those that are neither a NIC by its name nor the kernel's. */
export function foreignDevices(devices: readonly Device[], nics: readonly Nic[]): string[] {
  const known = new Set(['lo', ...nics.map((_, at) => nameOf(nics, at))]);
  return devices
    .filter(({ ifname, flags }) => !known.has(ifname) && !(FALLBACKS.test(ifname) && !flags.includes('UP')))
    .map(({ ifname, linkinfo }) => {
      const kind = linkinfo?.info_kind ?? 'device';
      return `Interface ${ifname} (${kind}) was made or renamed inside: it does not go along, remove it or use a cold migration.`;
    });
}
