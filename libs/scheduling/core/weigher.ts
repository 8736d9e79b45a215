import type { FleetView } from './fleet-view.js';
import type { PlacementQuery } from './request.js';

/**
 * A figure per host, the more the better. The ranking scales it to 0 … 1 over the hosts that passed, then multiplies
 * it.
 */
export interface Weigher {
  name: string;
  multiplier: number;
  weigh(fleet: FleetView, host: number, query: PlacementQuery): number;
}
