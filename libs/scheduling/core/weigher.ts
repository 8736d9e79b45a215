import type { FleetView } from './fleet-view.js';
import type { PlacementQuery } from './request.js';

/** A raw figure per host, the more the better; brought to 0 … 1 over the hosts that passed, then times `multiplier`. */
export interface Weigher {
  name: string;
  multiplier: number;
  weigh(fleet: FleetView, host: number, query: PlacementQuery): number;
}
