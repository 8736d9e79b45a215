import type { HostInfo } from '#generated/lxstack/agent/v1/types';
import { sleep } from '#libs/common/clock';
import { messageOf, UnavailableError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import type { Logger } from '#libs/common/logger';
import type { Fence } from '../fence/fence.js';
import type { ControlPlane } from './control-plane.js';

/**
 * Pauses after failed heartbeats. The longest equals the normal pause, so that a control plane that is back soon hears
 * of its hosts.
 */
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [500, 5_000];

interface LeaseDeps {
  control: Pick<ControlPlane, 'heartbeat'>;
  host: () => Promise<HostInfo>;
  fence: Pick<Fence, 'now' | 'hasLease' | 'keepGuard' | 'promise' | 'renewed' | 'held'>;
  /**
   * Called where other hosts may own this host's instances: the lease is held again after a loss, or an operator says
   * that the host is dead.
   */
  ownershipInDoubt: () => void;
  logger: Logger;
  signal: AbortSignal;
}

/**
 * Renews the host's lease until `signal`. While the control plane does not answer, marked instances are fenced; the others run
 * on.
 */
export async function holdLease({ control, host, fence, ownershipInDoubt, logger, signal }: LeaseDeps): Promise<void> {
  const bootId = newId();
  let wasAtOnce = false;
  for (let pause = FIRST_PAUSE_MS; !signal.aborted;) {
    try {
      await fence.keepGuard(); // also while the control plane does not answer
      const begun = fence.now(); // the control plane's clock for the lease starts later, so this end is the safe one
      const lost = !fence.hasLease();
      const answer = await control.heartbeat(await host(), bootId, fence.promise());
      if (!answer.leaseSeconds) {
        ownershipInDoubt();
        throw new UnavailableError('an operator says that this host is down: no lease');
      }
      const toPromise = await fence.renewed(begun + answer.leaseSeconds * 1000, answer.fence);
      if (lost || fence.held.ids().length) ownershipInDoubt();
      pause = FIRST_PAUSE_MS;
      // A new order counts only once it was promised: sends the next heartbeat at once. Not twice in a row, for a guard may die at
      // its start again and again.
      wasAtOnce = toPromise && !wasAtOnce;
      if (!wasAtOnce) await sleep(Math.max(1, answer.leaseSeconds / 3) * 1000, signal);
    } catch (error) {
      if (signal.aborted) return;
      logger.warn({ reason: messageOf(error) }, 'heartbeat failed');
      await sleep(pause, signal).catch(() => undefined); // ended: the loop sees it
      pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
    }
  }
}
