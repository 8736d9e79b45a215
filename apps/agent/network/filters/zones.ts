import type { NetworkRecord } from '../network-records.js';

/** Zones below are left to others of this host (containers' tools number theirs from 1). */
const [FIRST, COUNT] = [4_096, 61_440];

/** The network's conntrack zone on this host: the one in its record, or the first that is free from a place given by its VNI. */
export function zoneOf(record: NetworkRecord, all: readonly NetworkRecord[]): number {
  if (record.zone !== undefined) return record.zone;
  const taken = new Set(all.map(({ zone }) => zone));
  let at = record.network.vni % COUNT;
  while (taken.has(FIRST + at)) at = (at + 1) % COUNT;
  return (record.zone = FIRST + at);
}
