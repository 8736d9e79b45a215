import type { Guests } from './guests.js';

/** Something that Debian's packages do for a client while the server moves. */
export interface Workload {
  name: string;
  /** It runs beside all others, from the first move to the last. */
  throughout?: boolean;
  /** Why the suite leaves it out. */
  notYet?: string;
  /** Starts it, and resolves when the client is served. */
  start(guests: Guests): Promise<Underway>;
}

export interface Underway {
  /** Before each move: resolves when it is in the midst of what the move must not break. */
  midst?(): Promise<void>;
  /** After each move: resolves when it has gone on. Throws where something failed. */
  goesOn?(): Promise<void>;
  /** Ends it, and says what it has done. Throws where something failed or was lost. */
  end(): Promise<string>;
}
