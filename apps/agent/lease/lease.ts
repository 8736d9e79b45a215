import type { HostInfo } from '#generated/lxstack/agent/v1/types';
import { sleep } from '#libs/common/clock';
import { messageOf } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import type { Logger } from '#libs/common/logger';
import type { Instances } from '../instances/instances.js';
import type { InstanceRecords } from '../state/instance-record.js';
import type { ControlPlane } from './control-plane.js';

const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS, BATCH] = [500, 10_000, 500];

interface LeaseDeps {
  control: ControlPlane;
  instances: Instances;
  records: InstanceRecords;
  host: () => Promise<HostInfo>;
  logger: Logger;
  signal: AbortSignal;
}

/** Renews the host's lease until `signal`. While the control plane does not answer, what runs goes on running. */
export async function holdLease({ control, host, logger, signal }: LeaseDeps): Promise<void> {
  const bootId = newId();
  for (let pause = FIRST_PAUSE_MS; !signal.aborted;) {
    try {
      const { leaseSeconds } = await control.heartbeat(await host(), bootId);
      pause = FIRST_PAUSE_MS;
      await sleep(Math.max(1, leaseSeconds / 3) * 1000, signal);
    } catch (error) {
      if (signal.aborted) return;
      logger.warn({ reason: messageOf(error) }, 'heartbeat failed');
      await sleep(pause, signal).catch(() => undefined); // ended: the loop sees it
      pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
    }
  }
}

/** Once after the start: stops what this host no longer owns, deletes nothing (invariant 2), then tells all states. */
export async function reconcile({ control, instances, records, logger, signal }: LeaseDeps): Promise<void> {
  const ids = records.ids();
  for (const id of ids) await instances.refresh(id);
  for (let at = 0; at < ids.length && !signal.aborted;) {
    const batch = ids.slice(at, at + BATCH);
    try {
      for (const { instanceId, exists, deleted, owned, epoch } of await control.ownership(batch)) {
        const kept = records.find(instanceId)?.epoch ?? 0;
        if (exists || deleted) {
          if (!owned && (deleted || epoch >= kept))
            await instances.disown(instanceId, deleted ? 'Deleted.' : 'Owned by another host.');
        } else logger.error({ instance: instanceId }, 'the control plane has never heard of it: left as it is');
      }
      const known = batch.filter((id) => records.find(id));
      await control.report(await Promise.all(known.map((id) => instances.status(id))));
      at += BATCH;
    } catch (error) {
      logger.warn({ reason: messageOf(error) }, 'ownership not known yet');
      await sleep(2_000, signal).catch(() => undefined); // ended: the loop sees it
    }
  }
}
