import type { FleetView } from './fleet-view.js';
import type { PlacementQuery } from './request.js';

/** Judges one host: null where it passes, else the reason in words an operator can read. */
export interface Filter {
  name: string;
  /** Also applied where an operator forces a host. */
  always?: boolean;
  reject(fleet: FleetView, host: number, query: PlacementQuery): string | null;
}
