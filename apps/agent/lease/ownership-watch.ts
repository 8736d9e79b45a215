import type { Ownership } from '#generated/lxstack/agent/v1/control_plane';
import { sleep } from '#libs/common/clock';
import { messageOf } from '#libs/common/errors';
import type { Logger } from '#libs/common/logger';
import type { Fence } from '../fence/fence.js';
import type { Lifecycle } from '../instances/lifecycle.js';
import type { Reconciliation } from '../instances/reconciliation.js';
import type { InstanceRecords } from '../state/instance-record.js';
import type { ControlPlane } from './control-plane.js';
import type { InstanceReports } from './instance-reports.js';

const BATCH = 500;
const RETRY_MS = 2_000;
/** Pause between two looks at all instances. LXC tells of most ends; a look finds the others (its monitor was killed). */
const LOOK_MS = 60_000;

interface Deps {
  control: ControlPlane;
  lifecycle: Lifecycle;
  reconciliation: Reconciliation;
  fence: Pick<Fence, 'hasLease' | 'held'>;
  records: InstanceRecords;
  reports: InstanceReports;
  /** Instances in the middle of a move, which decides whose they are. */
  moving: () => ReadonlySet<string>;
  logger: Logger;
  signal: AbortSignal;
}

/**
 * Keeps this host's instances and the control plane's view of them the same: asks who owns them, and stops those that
 * this host lost.
 */
export class OwnershipWatch {
  private ownershipIsDue = true;
  private waiting = new AbortController();

  constructor(private readonly deps: Deps) {}

  /** Asks soon who owns this host's instances: others may own them by now. */
  checkOwnership(): void {
    this.ownershipIsDue = true;
    this.waiting.abort();
  }

  /** Runs until the agent ends. */
  async run(): Promise<void> {
    const { signal, logger } = this.deps;
    while (!signal.aborted) {
      let pause = LOOK_MS;
      try {
        await this.look();
        if (this.ownershipIsDue) await this.askOwnership();
      } catch (error) {
        logger.warn({ reason: messageOf(error) }, 'ownership not known yet');
        pause = RETRY_MS;
      }
      this.waiting = new AbortController();
      if (!this.ownershipIsDue || pause === RETRY_MS)
        await sleep(pause, AbortSignal.any([signal, this.waiting.signal])).catch(() => undefined); // woken, or the process ends
    }
  }

  /** Reports instances that ended by themselves until the control plane takes it; it refuses while a task runs. */
  private async look(): Promise<void> {
    const { lifecycle, reconciliation, records, reports } = this.deps;
    for (const id of records.ids()) {
      await reconciliation.refresh(id);
      const record = records.find(id);
      if (record?.state === 'stopped' && record.reason) reports.add([await lifecycle.status(id)]);
    }
  }

  /** Stops what this host no longer owns, deletes nothing (invariant 2). */
  private async askOwnership(): Promise<void> {
    const { control, lifecycle, records, reports, moving } = this.deps;
    this.ownershipIsDue = false;
    try {
      const inMove = moving();
      const ids = records.ids().filter((id) => !inMove.has(id));
      for (let at = 0; at < ids.length; at += BATCH) {
        const batch = ids.slice(at, at + BATCH);
        for (const ownership of await control.ownership(batch)) await this.obey(ownership);
        const known = batch.filter((id) => records.find(id));
        reports.add(await lifecycle.statuses(known));
      }
    } catch (error) {
      this.ownershipIsDue = true;
      throw error;
    }
  }

  private async obey({ instanceId, exists, deleted, owned, epoch }: Ownership): Promise<void> {
    const { reconciliation, records, fence, logger } = this.deps;
    if (!exists && !deleted)
      return logger.error({ instance: instanceId }, 'the control plane has never heard of it: left as it is');
    const kept = records.find(instanceId)?.epoch ?? 0;
    // The instance is fenced and still this host's. While this host holds the lease nobody can take it over.
    if (owned && fence.held.find(instanceId) && fence.hasLease()) return reconciliation.release(instanceId);
    if (owned) return epoch > kept ? reconciliation.own(instanceId, epoch) : undefined;
    if (!deleted && epoch < kept) return;
    await reconciliation.disown(instanceId, deleted ? 'Deleted.' : 'Owned by another host.');
  }
}
