import { on } from 'node:events';
import type { InstanceStatus } from '#generated/lxstack/agent/v1/types';
import type { InstanceRecords } from '../state/instance-record.js';
import type { Lifecycle } from './lifecycle.js';

/** Most changes that wait for a slow watcher. The stream of a watcher further behind is ended. */
const BEHIND = 1000;

/** The present state of every instance, then each change as it happens, until the caller goes. */
export function watchHandlers({ lifecycle, records }: { lifecycle: Lifecycle; records: InstanceRecords }) {
  return {
    async *watchInstances(_request: object, signal: AbortSignal): AsyncGenerator<InstanceStatus> {
      // Listens before it reads the first states, so that no change is lost in between.
      const changes = on(lifecycle.changes, 'change', { signal, highWaterMark: BEHIND });
      for (const id of records.ids()) yield await lifecycle.status(id);
      for await (const [status] of changes) yield status as InstanceStatus;
    },
  };
}
