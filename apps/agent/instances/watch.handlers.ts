import { on } from 'node:events';
import type { InstanceStatus } from '#generated/lxstack/agent/v1/types';
import type { InstanceRecords } from '../state/instance-record.js';
import type { Lifecycle } from './lifecycle.js';

/** Changes that wait for a slow watcher; one that is further behind is ended and has to begin anew. */
const BEHIND = 1000;

/** The present state of every instance, then each change as it happens, until the caller goes. */
export function watchHandlers({ lifecycle, records }: { lifecycle: Lifecycle; records: InstanceRecords }) {
  return {
    async *watchInstances(_request: object, signal: AbortSignal): AsyncGenerator<InstanceStatus> {
      // Listened to before the first state is read, so that no change falls between the two.
      const changes = on(lifecycle.changes, 'change', { signal, highWaterMark: BEHIND });
      for (const id of records.ids()) yield await lifecycle.status(id);
      for await (const [status] of changes) yield status as InstanceStatus;
    },
  };
}
