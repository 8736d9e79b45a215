import type { ForwardingEntry } from '#generated/lxstack/agent/v1/types';
import type { StepRun } from '#libs/operations/workflow';
import { callOf } from '../host/host-calls.js';
import type { HostAgent } from '../host/host-calls.js';

/** Entries in one call, half a MiB: a network may have more ports than a message holds (8 MiB). */
export const MOST_AT_ONCE = 5_000;

/** Tells a host that has the network where its other ports are, in as many calls as it takes. No entries: no call. */
export async function forwardInPages(
  agent: HostAgent,
  run: Pick<StepRun<unknown, unknown>, 'operation'>,
  networkId: string,
  entries: readonly ForwardingEntry[],
  signal?: AbortSignal,
): Promise<void> {
  for (let at = 0; at < entries.length; at += MOST_AT_ONCE) {
    const call = callOf(run, `forwarding ${networkId} ${at}`, 0);
    const some = entries.slice(at, at + MOST_AT_ONCE);
    await agent.call('setForwarding', { call, networkId, entries: some, removedMacs: [], complete: false }, signal);
  }
}
