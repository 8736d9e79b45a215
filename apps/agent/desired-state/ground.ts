import type { Network } from '../network/network.js';
import type { DesiredDocument } from './document.js';

/** What the resources of each kind are applied with. */
export interface Ground {
  document: DesiredDocument;
  network: Network;
}
