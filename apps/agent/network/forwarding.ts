import type { ForwardingEntry } from '#generated/lxstack/agent/v1/types';
import { isIP } from 'node:net';
import { InvalidInputError } from '#libs/common/errors';
import { MAC, requireName } from '#libs/common/names';
import { bridgeOf, vxlanOf } from './interface-names.js';

/** The entries of a network by MAC. */
export type Forwarding = ReadonlyMap<string, ForwardingEntry>;

export interface ForwardingChange {
  entries: readonly ForwardingEntry[];
  removedMacs: readonly string[];
  /** True: removes every entry that is not in `entries`. */
  complete: boolean;
}

export interface ForwardingDiff {
  next: Forwarding;
  /** Lines for `bridge -force -batch` and `ip -force -batch`; removals may name what is missing. */
  bridge: string[];
  ip: string[];
}

/** Throws InvalidInputError for values that must not reach a command line. */
export function checkEntry(entry: ForwardingEntry): ForwardingEntry {
  requireName('entries.mac', entry.mac, MAC, 'a MAC in lower case');
  if (!isIP(entry.vtep)) throw new InvalidInputError('entries.vtep', 'an IP address');
  if (!entry.addresses.every((address) => isIP(address)))
    throw new InvalidInputError('entries.addresses', 'IP addresses');
  return entry;
}

/**
 * What must change in the kernel to get from `present` to `present` with `change`. A MAC at `localVtep` is on a port of
 * this host: its bridge learns it there, so the VXLAN device must have no entry for it.
 */
export function diffForwarding(
  vni: number,
  localVtep: string,
  present: Forwarding,
  change: ForwardingChange,
): ForwardingDiff {
  const next = new Map(change.complete ? [] : present);
  for (const mac of change.removedMacs) next.delete(mac);
  for (const entry of change.entries) {
    if (entry.vtep === localVtep) next.delete(entry.mac);
    else next.set(entry.mac, entry);
  }
  const [bridge, ip]: [string[], string[]] = [[], []];
  const gone = new Set([
    ...[...present.keys()].filter((mac) => !next.has(mac)),
    // Also where no record has the MAC: a move's source redirects frames by an entry that it does not record.
    ...change.removedMacs.filter((mac) => !next.has(mac)),
    ...change.entries.filter((entry) => entry.vtep === localVtep).map((entry) => entry.mac),
  ]);
  for (const mac of gone) bridge.push(...removeLines(vni, mac));
  for (const [mac, old] of present) {
    const kept = next.get(mac)?.addresses ?? [];
    ip.push(
      ...old.addresses.filter((address) => !kept.includes(address)).flatMap((address) => neighbourGone(vni, address)),
    );
  }
  for (const [mac, entry] of next) {
    if (same(present.get(mac), entry)) continue;
    bridge.push(...addLines(vni, entry));
    ip.push(...entry.addresses.map((address) => neighbour(vni, address, mac)));
  }
  return { next, bridge, ip };
}

/** Lines that make the bridge send the MAC to the VXLAN device, and that to the VTEP. */
export function addLines(vni: number, entry: ForwardingEntry): string[] {
  return [
    `fdb replace ${entry.mac} dev ${vxlanOf(vni)} self static dst ${entry.vtep}`,
    `fdb replace ${entry.mac} dev ${vxlanOf(vni)} master static`,
  ];
}

/** Lines that remove the MAC from both. */
export function removeLines(vni: number, mac: string): string[] {
  return [`fdb del ${mac} dev ${vxlanOf(vni)} self`, `fdb del ${mac} dev ${vxlanOf(vni)} master`];
}

// Lets the bridge answer ARP and neighbour solicitations itself (neigh_suppress on the VXLAN port).
const neighbour = (vni: number, address: string, mac: string): string =>
  `neigh replace ${address} lladdr ${mac} dev ${bridgeOf(vni)} nud permanent`;
/**
 * Lines that remove an address from a device's neighbours, also where it is not among them: `ip neigh del` of a missing
 * one ends the whole batch in spite of -force, so the entry is made first.
 */
export const neighbourRemoval = (device: string, address: string): string[] => [
  `neigh replace ${address} dev ${device} nud failed`,
  `neigh del ${address} dev ${device}`,
];
/** Lines that remove an address from the bridge's answers to ARP and neighbour solicitations. */
export const neighbourGone = (vni: number, address: string): string[] => neighbourRemoval(bridgeOf(vni), address);

function same(a: ForwardingEntry | undefined, b: ForwardingEntry): boolean {
  return (
    a?.vtep === b.vtep && a.addresses.length === b.addresses.length && a.addresses.every((x, i) => x === b.addresses[i])
  );
}
