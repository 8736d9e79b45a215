import type { Demo } from './demo.js';

/** One part of the demo. Returns what it has shown, in a line; throws where that did not hold. */
export interface DemoStep {
  name: string;
  title: string;
  /** Steps without whose success this one makes no sense: it is skipped then. */
  needs: string[];
  run(demo: Demo): Promise<string>;
}

/** Throws with `message` where a thing that the demo claims does not hold. */
export function claim(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message);
}
