import type {
  DesiredNetwork,
  DesiredPeer,
  DesiredPort,
  DesiredResource,
  DesiredResourceName,
  DesiredRouter,
  DesiredSubnet,
} from '#generated/lxstack/agent/v1/desired_state';
import type { GroupMember, SecurityGroup } from '#generated/lxstack/agent/v1/types';

/** The kinds of resources that this agent applies; it names them when it subscribes, and is sent no others. */
export const kinds = ['network', 'subnet', 'port', 'peer', 'router', 'securityGroup', 'groupMember'] as const;
export type Kind = (typeof kinds)[number];

/** What a change of the document has touched, so that only that is applied. */
export class Touched {
  readonly networks = new Set<string>();
  readonly subnets = new Set<string>();
  readonly ports = new Map<string, string>();
  /** Ids of changed peers by network; `all` where the network is new or was sent whole. */
  readonly peers = new Map<string, Set<string> | 'all'>();
  /** MACs, by network, that the document had for peers and has no longer. */
  readonly goneMacs = new Map<string, Set<string>>();
  /** Routers that changed, or that the document has no longer. */
  readonly routers = new Set<string>();
  /** Networks that the document has no longer. */
  readonly gone = new Set<string>();
  /** Security groups whose rules have changed, or that the document has no longer. */
  readonly groups = new Set<string>();
  /** Groups whose members have changed. */
  readonly memberGroups = new Set<string>();

  /** Records that a peer of the network has changed. */
  peer(networkId: string, id: string): void {
    const known = this.peers.get(networkId);
    if (known === 'all') return;
    if (known) known.add(id);
    else this.peers.set(networkId, new Set([id]));
  }

  /** Records that no peer of the network has the MAC any more. */
  macGone(networkId: string, mac: string): void {
    const known = this.goneMacs.get(networkId);
    if (known) known.add(mac);
    else this.goneMacs.set(networkId, new Set([mac]));
  }
}

/** The document as it is written to the disk. */
export interface DocumentContent {
  revision: string;
  resources: DesiredResource[];
}

/** What this host's networks should be, at one revision. Drops resources whose network it does not have. */
export class DesiredDocument {
  revision = '';
  /** Whether a control plane tells this host of each change at present. */
  followed = false;
  /** A call has said more than the document while nobody followed it: an older control plane may be at work. */
  overruled = false;
  /** The control plane is of a release without security groups, or taken back to one: nothing but forged addresses is filtered. */
  groupless = false;
  readonly networks = new Map<string, DesiredNetwork>();
  readonly subnets = new Map<string, DesiredSubnet>();
  readonly ports = new Map<string, DesiredPort>();
  /** By network, then by the peer's id. */
  readonly peers = new Map<string, Map<string, DesiredPeer>>();
  readonly routers = new Map<string, DesiredRouter>();
  readonly groups = new Map<string, SecurityGroup>();
  /** Members of groups that rules name as remote: by group, then by the member's id. */
  readonly members = new Map<string, Map<string, GroupMember>>();

  /**
   * Applies `removed`, then `changed`; `whole`: everything that is not in `changed` is removed. Returns what was
   * touched.
   */
  apply(
    revision: string,
    changed: readonly DesiredResource[],
    removed: readonly DesiredResourceName[],
    whole: boolean,
  ): Touched {
    const touched = new Touched();
    const before = whole ? this.clear(touched) : undefined;
    for (const { kind, id } of removed) this.remove(kind as Kind, id, touched);
    for (const resource of changed) if (resource.body?.$case === 'network') this.put(resource, touched);
    for (const resource of changed) if (resource.body?.$case !== 'network') this.put(resource, touched);
    for (const id of before ?? []) if (!this.networks.has(id)) touched.gone.add(id);
    this.forgetMembers(touched);
    this.revision = revision;
    return touched;
  }

  /** Everything in the document, as if it had just come. */
  all(): Touched {
    const touched = new Touched();
    for (const id of this.networks.keys()) {
      touched.networks.add(id);
      touched.peers.set(id, 'all');
    }
    for (const [id, { networkId }] of this.ports) touched.ports.set(id, networkId);
    for (const id of this.routers.keys()) touched.routers.add(id);
    for (const id of this.groups.keys()) touched.groups.add(id);
    for (const id of this.members.keys()) touched.memberGroups.add(id);
    return touched;
  }

  /** Ids of the routers with an interface on one of these networks. */
  routersOn(networkIds: ReadonlySet<string>): string[] {
    const isOn = ({ interfaces }: DesiredRouter) => interfaces.some(({ networkId }) => networkIds.has(networkId));
    return [...this.routers].filter(([, router]) => isOn(router)).map(([id]) => id);
  }

  /** Ids of the groups that rules of the document's groups name as remote. */
  remoteGroups(): Set<string> {
    const named = new Set<string>();
    for (const { rules } of this.groups.values())
      for (const { remoteGroupId } of rules) if (remoteGroupId) named.add(remoteGroupId);
    return named;
  }

  /** The document for its file. */
  content(): DocumentContent {
    const resources: DesiredResource[] = [];
    const put = <K extends Kind>($case: K, rows: Iterable<[string, unknown]>) => {
      for (const [id, value] of rows) resources.push({ id, body: { $case, value } as DesiredResource['body'] });
    };
    put('network', this.networks);
    put('subnet', this.subnets);
    put('port', this.ports);
    for (const peers of this.peers.values()) put('peer', peers);
    put('router', this.routers);
    put('securityGroup', this.groups);
    for (const members of this.members.values()) put('groupMember', members);
    return { revision: this.revision, resources };
  }

  private put({ id, body }: DesiredResource, touched: Touched): void {
    if (!body) return;
    if (body.$case === 'network') {
      if (!this.networks.has(id)) touched.peers.set(id, 'all');
      this.networks.set(id, body.value);
      touched.networks.add(id);
      return;
    }
    if (body.$case === 'router') {
      this.routers.set(id, body.value);
      touched.routers.add(id);
      return;
    }
    if (body.$case === 'securityGroup') {
      this.groups.set(id, body.value);
      touched.groups.add(id);
      return;
    }
    if (body.$case === 'groupMember') {
      const { groupId } = body.value;
      this.members.set(groupId, (this.members.get(groupId) ?? new Map<string, GroupMember>()).set(id, body.value));
      touched.memberGroups.add(groupId);
      return;
    }
    const { networkId } = body.value;
    if (!this.networks.has(networkId)) return;
    if (body.$case === 'subnet') {
      this.subnets.set(id, body.value);
      touched.networks.add(networkId);
      touched.subnets.add(id);
    } else if (body.$case === 'port') {
      this.ports.set(id, body.value);
      touched.ports.set(id, networkId);
    } else {
      const peers = this.peers.get(networkId) ?? new Map<string, DesiredPeer>();
      const former = peers.get(id);
      if (former && former.mac !== body.value.mac) touched.macGone(networkId, former.mac);
      this.peers.set(networkId, peers.set(id, body.value));
      touched.peer(networkId, id);
    }
  }

  private remove(kind: Kind, id: string, touched: Touched): void {
    if (kind === 'network') this.removeNetwork(id, touched);
    else if (kind === 'router') {
      if (this.routers.delete(id)) touched.routers.add(id);
    } else if (kind === 'subnet') {
      const subnet = this.subnets.get(id);
      if (subnet) touched.networks.add(subnet.networkId);
      this.subnets.delete(id);
    } else if (kind === 'port') {
      const port = this.ports.get(id);
      if (port) touched.ports.set(id, port.networkId);
      this.ports.delete(id);
    } else if (kind === 'securityGroup') {
      if (this.groups.delete(id)) touched.groups.add(id);
    } else if (kind === 'groupMember') {
      const groupId = id.split('/')[0]!;
      if (this.members.get(groupId)?.delete(id)) touched.memberGroups.add(groupId);
    } else {
      for (const [networkId, peers] of this.peers) {
        const peer = peers.get(id);
        if (peer) touched.macGone(networkId, peer.mac);
        peers.delete(id);
      }
    }
  }

  private removeNetwork(id: string, touched: Touched): void {
    if (!this.networks.delete(id)) return;
    touched.gone.add(id);
    for (const [subnetId, { networkId }] of this.subnets) if (networkId === id) this.subnets.delete(subnetId);
    for (const [portId, { networkId }] of this.ports) if (networkId === id) this.ports.delete(portId);
    this.peers.delete(id);
  }

  /** Members of a group that no rule names any more are dropped: the control plane sends them again where one does. */
  private forgetMembers(touched: Touched): void {
    if (!touched.groups.size && !touched.memberGroups.size) return;
    const named = this.remoteGroups();
    for (const id of this.members.keys()) if (!named.has(id)) this.members.delete(id);
  }

  /** Empties the document; returns the ids of the networks that it had. */
  private clear(touched: Touched): string[] {
    const networks = [...this.networks.keys()];
    for (const [id, { networkId }] of this.ports) touched.ports.set(id, networkId);
    for (const id of this.routers.keys()) touched.routers.add(id);
    for (const id of this.groups.keys()) touched.groups.add(id);
    for (const id of this.members.keys()) touched.memberGroups.add(id);
    const maps = [this.networks, this.subnets, this.ports, this.peers, this.routers, this.groups, this.members];
    for (const map of maps) map.clear();
    return networks;
  }
}

/** The network that a resource belongs to; undefined for a router, which joins several. */
export function networkOf({ id, body }: DesiredResource): string | undefined {
  if (body?.$case === 'network') return id;
  return body && 'networkId' in body.value ? body.value.networkId : undefined;
}
