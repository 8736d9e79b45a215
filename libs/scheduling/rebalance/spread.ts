import type { FleetView } from '../core/fleet-view.js';
import type { Resources } from '../core/request.js';
import type { RebalanceSettings } from './plan.js';

/** Loads that differ by less are equal: rounding must not cause moves. */
export const EPSILON = 1e-9;

/** Weighted utilisation of a host, 0 empty … 1 full, with its ratios applied. `more` is added to what the host has. */
export function loadOf(
  fleet: FleetView,
  host: number,
  weights: RebalanceSettings['weights'],
  more?: { resources: Resources; sign: 1 | -1 },
): number {
  const { vcpus = 0, memoryMb = 0, diskGb = 0 } = more?.resources ?? {};
  const sign = more?.sign ?? 1;
  const sum =
    weights.vcpus * share(fleet.usedVcpus[host] + sign * vcpus, fleet.vcpus[host]) +
    weights.memory * share(fleet.usedMemoryMb[host] + sign * memoryMb, fleet.memoryMb[host]) +
    weights.disk * share(fleet.usedDiskGb[host] + sign * diskGb, fleet.diskGb[host]);
  return sum / (weights.vcpus + weights.memory + weights.disk);
}

const share = (used: number, capacity: number) => (capacity > 0 ? used / capacity : 0);

/** Standard deviation or range of the loads; 0 where there are none. */
export function spreadOf(loads: readonly number[], goal: RebalanceSettings['goal']): number {
  if (!loads.length) return 0;
  if (goal === 'range') return greatest(loads) + greatest(loads.map((load) => -load));
  const mean = meanOf(loads);
  return Math.sqrt(loads.reduce((sum, load) => sum + (load - mean) ** 2, 0) / loads.length);
}

/** Arithmetic mean; NaN where there are no loads. */
export function meanOf(loads: readonly number[]): number {
  return loads.reduce((sum, load) => sum + load, 0) / loads.length;
}

const greatest = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), -Infinity);

/** By how much the sum of squared distances from the mean falls where two of `count` loads change. */
export function gainOf(
  mean: number,
  count: number,
  from: { before: number; after: number },
  to: { before: number; after: number },
): number {
  const square = (load: number) => (load - mean) ** 2;
  const shift = from.after - from.before + to.after - to.before;
  return square(from.before) - square(from.after) + square(to.before) - square(to.after) + shift ** 2 / count;
}
