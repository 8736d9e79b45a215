import type { LostKind } from '#generated/lxstack/agent/v1/guest';
import { byKind } from './loss.js';

/** Of paths (bytes, "latin1") whose flags did not go along. */
export const lostFlags = (paths: readonly string[]): LostKind[] =>
  byKind(
    paths.map((path) => ({
      kind: 'immutable',
      what: 'what chattr has set of files is not set any more',
      holder: `/${Buffer.from(path, 'latin1').toString()}`,
    })),
  );
