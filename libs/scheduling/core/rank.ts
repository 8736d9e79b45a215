import type { Filter } from './filter.js';
import { FILTERS } from './filters/index.js';
import type { FleetView } from './fleet-view.js';
import { MAX_VERDICTS } from './explanation.js';
import type { Explanation, HostVerdict } from './explanation.js';
import type { PlacementQuery } from './request.js';
import { WEIGHERS } from './weighers/index.js';

/** A host that passed every filter. */
export interface Candidate {
  /** The host's index in the view. */
  index: number;
  weight: number;
}

export interface Ranking {
  /** Best first. */
  candidates: Candidate[];
  explanation: Explanation;
}

/**
 * Filters, then weighs the hosts of the view. `random` (0 … 1) orders hosts of equal weight, so that workers with the
 * same view do not all choose the same host.
 */
export function rank(fleet: FleetView, query: PlacementQuery, random: () => number): Ranking {
  const filters = query.force && query.requestedHostId ? FILTERS.filter((filter) => filter.always) : FILTERS;
  const passed: number[] = [];
  const rejected: HostVerdict[] = [];
  const removed: Record<string, number> = {};
  for (let host = 0; host < fleet.size; host++) {
    const verdict = firstRejection(fleet, host, query, filters);
    if (!verdict) passed.push(host);
    else {
      removed[verdict.rejectedBy] = (removed[verdict.rejectedBy] ?? 0) + 1;
      if (rejected.length < MAX_VERDICTS)
        rejected.push({ hostId: fleet.ids[host], host: fleet.names[host], ...verdict });
    }
  }
  const candidates = weigh(fleet, query, passed, random);
  const fitting = candidates.slice(0, MAX_VERDICTS).map(({ index, weight }): HostVerdict => ({
    hostId: fleet.ids[index],
    host: fleet.names[index],
    rejectedBy: null,
    weight,
  }));
  const hosts = [...fitting, ...rejected].slice(0, MAX_VERDICTS);
  return { candidates, explanation: { considered: fleet.size, removed, hosts } };
}

/** The first filter that rejects the host, with its reason; undefined where it passes all. */
export function firstRejection(
  fleet: FleetView,
  host: number,
  query: PlacementQuery,
  filters: readonly Filter[] = FILTERS,
): { rejectedBy: string; reason: string } | undefined {
  for (const filter of filters) {
    const reason = filter.reject(fleet, host, query);
    if (reason !== null) return { rejectedBy: filter.name, reason };
  }
  return undefined;
}

function weigh(fleet: FleetView, query: PlacementQuery, hosts: number[], random: () => number): Candidate[] {
  const weights = new Float64Array(hosts.length);
  for (const weigher of WEIGHERS) {
    const raw = hosts.map((host) => weigher.weigh(fleet, host, query));
    const low = raw.reduce((a, b) => Math.min(a, b), Infinity);
    const span = raw.reduce((a, b) => Math.max(a, b), -Infinity) - low;
    if (span > 0) raw.forEach((value, n) => (weights[n] += (weigher.multiplier * (value - low)) / span));
  }
  const ties = hosts.map(random);
  return hosts
    .map((index, n) => ({ index, weight: weights[n], tie: ties[n] }))
    .sort((a, b) => b.weight - a.weight || a.tie - b.tie)
    .map(({ index, weight }) => ({ index, weight }));
}
