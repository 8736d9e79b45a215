import type { ForwardingEntry, NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';

/**
 * The control plane's document of this host's networks (`apps/agent/desired-state`). Each answer is undefined where the
 * document does not have the thing; then what a call brought counts. With a control plane of v0.1 the document is
 * empty.
 */
export interface DesiredNetworks {
  /** Whether a call's word counts all the same, because no control plane tells of changes to the document at present. */
  overrule(): boolean;
  network(id: string): NetworkSpec | undefined;
  /** The NIC of a port on this host. */
  nic(portId: string): Nic | undefined;
  hostname(portId: string): string | undefined;
  peers(networkId: string): ForwardingEntry[] | undefined;
}
