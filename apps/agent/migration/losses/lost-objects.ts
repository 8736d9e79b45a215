import type { LostKind } from '#generated/lxstack/agent/v1/guest';
import type { IdMap } from '#generated/lxstack/agent/v1/types';
import { messageOf } from '#libs/common/errors';
import type { HeldFiles } from '../checks/held-files.js';
import { fileLosses } from './file-losses.js';
import { hiddenLosses } from './hidden-losses.js';
import { byKind } from './loss.js';
import { processLosses } from './process-losses.js';
import { socketLosses } from './socket-losses.js';

/**
 * Before the freeze: what of an instance CRIU drops without a word and nothing puts back, read from outside while it runs. A
 * look that fails fails no move, and is said.
 */
export async function lostObjects(
  initPid: number,
  held: readonly HeldFiles[],
  idmap: IdMap | undefined,
): Promise<LostKind[]> {
  try {
    const tasks = held.map(({ task }) => task);
    const found = await Promise.all([
      processLosses(tasks),
      fileLosses(held),
      socketLosses(initPid, held),
      hiddenLosses(initPid, tasks, held, idmap),
    ]);
    return byKind(found.flat());
  } catch (error) {
    return [{ kind: 'unknown', what: `it could not be looked at: ${messageOf(error)}`, holders: [], count: 0 }];
  }
}
