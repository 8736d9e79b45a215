import type { FleetView } from './fleet-view.js';
import type { PlacementQuery } from './request.js';

/** Judges one host: null where the host passes, else the reason in words for operators. */
export interface Filter {
  name: string;
  /** True: applied also where an operator forces a host. */
  always?: boolean;
  reject(fleet: FleetView, host: number, query: PlacementQuery): string | null;
}
