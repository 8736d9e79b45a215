import type {
  ForwardingEntry,
  GuestChanging,
  InstanceSpec,
  NetworkSpec,
  Nic,
  SecurityGroup,
} from '#generated/lxstack/agent/v1/types';

/**
 * The control plane's document of this host's networks (`apps/agent/desired-state`). Each answer is undefined where the
 * document does not have the thing; then what a call brought counts. With a control plane of v0.1 the document is
 * empty.
 */
export interface DesiredNetworks {
  /** Whether a call's word counts all the same, because no control plane tells of changes to the document at present. */
  overrule(): boolean;
  /** The control plane knows no security groups: ports are not filtered by any. */
  readonly groupless: boolean;
  network(id: string): NetworkSpec | undefined;
  /** The NIC of a port on this host. */
  nic(portId: string): Nic | undefined;
  hostname(portId: string): string | undefined;
  /** What the port's instance is told of itself. */
  guest(portId: string): GuestChanging | undefined;
  peers(networkId: string): ForwardingEntry[] | undefined;
  securityGroup(id: string): SecurityGroup | undefined;
  /** Addresses and CIDRs of the members of a group that rules of the document's groups name; undefined for others. */
  memberAddresses(groupId: string): string[] | undefined;
}

/**
 * The spec as the document has its NICs, its networks and what the guest is told: what a stopped or a running instance was
 * last told by a call may be old.
 */
export function specAsDesired(desired: DesiredNetworks, spec: InstanceSpec): InstanceSpec {
  const told = spec.nics.flatMap(({ portId }) => desired.guest(portId) ?? []);
  const securityGroups = [...new Set(told.flatMap((one) => one.securityGroups ?? []))].sort();
  const guest = told[0] && { ...told[0], securityGroups };
  return {
    ...spec,
    nics: spec.nics.map((nic) => nicAsDesired(desired, nic)),
    networks: spec.networks.map((network) => desired.network(network.id) ?? network),
    guest: spec.guest && { ...spec.guest, changing: guest ?? spec.guest.changing },
  };
}

/** The NIC as the document has it; as given where the document does not have the port. */
export function nicAsDesired(desired: DesiredNetworks, nic: Nic): Nic {
  const wanted = desired.nic(nic.portId);
  return wanted ? { ...wanted, name: nic.name || wanted.name } : nic;
}
