import type { HostInfo } from '#generated/lxstack/agent/v1/types';
import { sleep } from '#libs/common/clock';
import { messageOf } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import type { Logger } from '#libs/common/logger';
import type { ControlPlane } from './control-plane.js';

const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [500, 10_000];

interface LeaseDeps {
  control: ControlPlane;
  host: () => Promise<HostInfo>;
  /** The lease was lost, or may have been, and is held again: others may own what this host has. */
  regained: () => void;
  logger: Logger;
  signal: AbortSignal;
}

/** Renews the host's lease until `signal`. While the control plane does not answer, what runs goes on running. */
export async function holdLease({ control, host, regained, logger, signal }: LeaseDeps): Promise<void> {
  const bootId = newId();
  let lasting = 0; // the lease is held until then
  for (let pause = FIRST_PAUSE_MS; !signal.aborted;) {
    try {
      const begun = Date.now();
      const { leaseSeconds } = await control.heartbeat(await host(), bootId);
      if (lasting && begun > lasting) regained();
      lasting = begun + leaseSeconds * 1000;
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
