import { InstanceState } from '#generated/lxstack/agent/v1/types';
import type { InstanceStatus } from '#generated/lxstack/agent/v1/types';
import type { Difference, DifferenceKind } from './difference.js';

/** What Postgres says of an instance. */
export interface ExpectedInstance {
  id: string;
  host_id: string | null;
  epoch: number;
  vm_state: string;
  power_state: number;
  /** An unfinished operation is changing the instance. */
  busy: boolean;
  /** Hosts that keep a copy until the move is confirmed or reverted. */
  kept_on: string[];
}

const STATES: Partial<Record<number, InstanceState>> = {
  1: InstanceState.INSTANCE_STATE_RUNNING,
  3: InstanceState.INSTANCE_STATE_PAUSED,
  4: InstanceState.INSTANCE_STATE_STOPPED,
};

/**
 * Differences between what a host holds and what Postgres says. `resyncing`: its agent is being told what the host has
 * lost, so what it still holds of that is no difference.
 */
export function compareHost(
  host: { id: string; name: string; resyncing: boolean },
  found: InstanceStatus[],
  expected: ReadonlyMap<string, ExpectedInstance>,
): Difference[] {
  const differences: Difference[] = [];
  const say = (kind: DifferenceKind, message: string) => differences.push({ kind, message, host: host.name });
  const present = new Set(found.map(({ id }) => id));
  for (const instance of found) {
    const want = expected.get(instance.id);
    if (want?.busy || want?.kept_on.includes(host.id)) continue;
    if (want?.host_id !== host.id) {
      if (host.resyncing) continue;
      say(
        'instance-left',
        `instance ${instance.id} is left on host ${host.name} (${instance.state}), which does not own it`,
      );
      continue;
    }
    if (instance.epoch !== want.epoch)
      say(
        'instance-epoch',
        `instance ${want.id} has epoch ${instance.epoch} on host ${host.name}, ${want.epoch} in Postgres`,
      );
    const state = STATES[want.power_state];
    if (want.vm_state !== 'error' && state && instance.state !== state)
      say(
        'instance-state',
        `instance ${want.id} is ${instance.state} on host ${host.name}, ${want.vm_state} in Postgres`,
      );
  }
  for (const want of expected.values())
    if (want.host_id === host.id && !want.busy && !present.has(want.id) && want.vm_state !== 'error')
      say('instance-missing', `instance ${want.id} should be on host ${host.name} and is not`);
  return differences;
}
