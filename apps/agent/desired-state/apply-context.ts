import type { Network } from '../network/network.js';
import type { DesiredDocument } from './document.js';

/** What the appliers of all kinds of resources need. */
export interface ApplyContext {
  document: DesiredDocument;
  network: Network;
  /** MACs of instances in the middle of a move: the move has its hand on where their frames go. */
  movingMacs: () => ReadonlySet<string>;
}
