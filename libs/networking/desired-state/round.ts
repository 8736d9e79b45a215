import type { Change } from './change-log.js';
import { EMPTY, merged } from './delta.js';
import type { Delta } from './delta.js';
import type { Membership, NetworkFact, NetworkFacts, PortFact, SubnetFact } from './host-facts.js';
import { byId } from './by-id.js';
import { documentOf, nameOf, networkResource, peerResource, portResource, subnetResource } from './resources.js';

/** A host whose agent follows, and the networks in the document that it was sent. */
export interface Follower {
  hostId: string;
  networks: ReadonlySet<string>;
}

/**
 * The rows that changes name, as they are now. A row that is missing here was deleted; a missing port may also be
 * unbound.
 */
export interface ChangedFacts {
  networks: NetworkFact[];
  subnets: SubnetFact[];
  ports: PortFact[];
}

/** What one follower is sent in a round. */
export interface Outcome {
  delta: Delta;
  joined: string[];
  left: string[];
}

/** The delta of each network, for every host that has the network. */
export function networkDeltas(changes: readonly Change[], facts: ChangedFacts): Map<string, Delta> {
  const [networks, subnets, ports] = [byId(facts.networks), byId(facts.subnets), byId(facts.ports)];
  const deltas = new Map<string, Delta[]>();
  const add = (networkId: string, delta: Delta) => deltas.set(networkId, [...(deltas.get(networkId) ?? []), delta]);
  const peer = (port: PortFact) => add(port.networkId, port.vtep ? changed(peerResource(port)) : gone('peer', port.id));
  for (const { kind, networkId, resourceId } of lastOfEach(changes)) {
    if (kind === 'mark' && networkId) add(networkId, EMPTY);
    if (kind === 'network' && networks.has(resourceId!))
      add(networkId!, changed(networkResource(networks.get(resourceId!)!)));
    if (kind === 'subnet') {
      const subnet = subnets.get(resourceId!);
      add(networkId!, subnet ? changed(subnetResource(subnet)) : gone('subnet', resourceId!));
    }
    if (kind === 'port' && !ports.has(resourceId!)) add(networkId!, gone('peer', resourceId!));
  }
  const moved = new Set(changes.filter(({ kind }) => kind === 'port' || kind === 'host').map((one) => one.resourceId));
  // Ports named by a change of their own, or of the host they are on; what a guest is told is its own host's matter.
  for (const port of facts.ports) if (moved.has(port.id) || moved.has(port.hostId)) peer(port);
  return new Map([...deltas].map(([id, parts]) => [id, merged(...parts)]));
}

/** The delta of each host that ports are on, or have left. */
export function hostDeltas(changes: readonly Change[], facts: ChangedFacts): Map<string, Delta> {
  const ports = byId(facts.ports);
  const deltas = new Map<string, Delta[]>();
  const add = (hostId: string, delta: Delta) => deltas.set(hostId, [...(deltas.get(hostId) ?? []), delta]);
  for (const { kind, resourceId, fromHostId, toHostId } of changes) {
    if (kind !== 'port' && kind !== 'guest') continue;
    const port = ports.get(resourceId!);
    for (const hostId of new Set([fromHostId, toHostId]))
      if (hostId && hostId !== port?.hostId) add(hostId, gone('port', resourceId!));
    if (port) add(port.hostId, changed(portResource(port)));
  }
  return new Map([...deltas].map(([id, parts]) => [id, merged(...parts)]));
}

/** Pairs of host and network where the changes may have added the network to the host's document or removed it. */
export function touchedPairs(changes: readonly Change[], facts: ChangedFacts): Membership[] {
  const ports = byId(facts.ports);
  const pairs = new Map<string, Membership>();
  for (const { kind, networkId, resourceId, fromHostId, toHostId } of changes) {
    if (kind !== 'port' && kind !== 'arrival') continue;
    for (const hostId of [fromHostId, toHostId, ports.get(resourceId!)?.hostId])
      if (hostId) pairs.set(`${hostId} ${networkId}`, { hostId, networkId: networkId! });
  }
  return [...pairs.values()];
}

/**
 * What one follower is sent. `joining`: all facts of the networks that are new in its document; `leaving`: ids of the
 * networks that are no longer in it.
 */
export function outcomeFor(
  follower: Follower,
  ofNetworks: ReadonlyMap<string, Delta>,
  own: Delta | undefined,
  joining: NetworkFacts,
  leaving: readonly string[],
): Outcome {
  const joined = joining.networks.map(({ id }) => id);
  const left = leaving.filter((id) => !joined.includes(id));
  const parts: Delta[] = [];
  for (const [networkId, delta] of ofNetworks)
    if (follower.networks.has(networkId) && !left.includes(networkId)) parts.push(delta);
  if (own) parts.push(own);
  if (joined.length) parts.push({ changed: documentOf(follower.hostId, joining), removed: [] });
  if (left.length) parts.push({ changed: [], removed: left.map((id) => nameOf('network', id)) });
  return { delta: merged(...parts), joined, left };
}

const changed = (...resources: Delta['changed']): Delta => ({ changed: resources, removed: [] });
const gone = (kind: 'subnet' | 'port' | 'peer', id: string): Delta => ({ changed: [], removed: [nameOf(kind, id)] });

/** A row that was changed several times is read once. */
function lastOfEach(changes: readonly Change[]): Change[] {
  return [...new Map(changes.map((one) => [`${one.kind} ${one.networkId} ${one.resourceId}`, one])).values()];
}
