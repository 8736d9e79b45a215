import type { Demo } from './demo.js';

/** A step of the demo. Returns one line that says what it has shown; throws where that did not hold. */
export interface DemoStep {
  name: string;
  title: string;
  /** Names of the steps that must have succeeded, else this one is skipped. */
  needs: string[];
  run(demo: Demo): Promise<string>;
}

/** Throws `message` where something that the demo claims does not hold. */
export function claim(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message);
}
