import type { Host } from '../hosts/host.entity.js';

/** Whether an instance may be started elsewhere although its host cannot be asked to stop it (invariant 2). */
export type EvacuationBar =
  /**
   * An operator says that the host is dead, or the time has passed by which its agent promised to kill the instance.
   */
  | { state: 'open' }
  /** The host holds its lease. */
  | { state: 'up' }
  /** The agent has promised that the instance is killed by `opensAt`. */
  | { state: 'fencing'; opensAt: Date }
  /** The agent has promised nothing: the instance may run there for ever. */
  | { state: 'unfenced' };

export interface BarFacts {
  host: Pick<Host, 'forcedDown' | 'leaseExpiresAt'>;
  /** Seconds after the lease by which the agent has promised to kill this instance; null where it has promised nothing. */
  stopSeconds: number | null;
  marginSeconds: number;
}

/** `now` and the lease are PostgreSQL's time. */
export function evacuationBar({ host, stopSeconds, marginSeconds }: BarFacts, now: Date): EvacuationBar {
  if (host.forcedDown) return { state: 'open' };
  if (host.leaseExpiresAt && host.leaseExpiresAt > now) return { state: 'up' };
  if (stopSeconds === null || !host.leaseExpiresAt) return { state: 'unfenced' };
  const opensAt = new Date(host.leaseExpiresAt.getTime() + (stopSeconds + marginSeconds) * 1000);
  return now >= opensAt ? { state: 'open' } : { state: 'fencing', opensAt };
}
