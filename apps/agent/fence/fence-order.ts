import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the guard must do when the lease ends, even if the agent is dead. The agent writes it at each heartbeat. */
export interface FenceOrder {
  /** End of the host's lease, on the clock of `uptimeMs`. */
  leaseEndsMs: number;
  freezeSeconds: number;
  stopSeconds: number;
  instances: { id: string; cgroup: string }[];
}

const file = (directory: string) => join(directory, 'order.json');

/** The order in force; undefined when there is nothing to fence. */
export function readOrder(directory: string): FenceOrder | undefined {
  try {
    return JSON.parse(readFileSync(file(directory), 'utf8')) as FenceOrder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** In one piece, so that the guard reads the old or the new one. */
export function writeOrder(directory: string, order: FenceOrder): void {
  writeFileSync(`${file(directory)}.new`, JSON.stringify(order), { mode: 0o600 });
  renameSync(`${file(directory)}.new`, file(directory));
}

/** Takes the order back: the guard has nothing to do. */
export function removeOrder(directory: string): void {
  rmSync(file(directory), { force: true });
}
