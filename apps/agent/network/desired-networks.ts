import type { ForwardingEntry, NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';

/**
 * What the control plane's document says of this host's networks (`apps/agent/desired-state`). Undefined where it says
 * nothing: then what a call brought counts, and what an agent of an older control plane is told is all there is.
 */
export interface DesiredNetworks {
  network(id: string): NetworkSpec | undefined;
  /** Of a port that is on this host. */
  nic(portId: string): Nic | undefined;
  hostname(portId: string): string | undefined;
  peers(networkId: string): ForwardingEntry[] | undefined;
}
