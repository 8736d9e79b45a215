import { FleetView } from '../core/fleet-view.js';
import type { GroupConstraint, PlacementQuery } from '../core/request.js';
import type { MoveKind, PlacedInstance, RebalanceInput } from './plan.js';
import { movableAs } from './movable.js';
import { loadOf } from './spread.js';

export interface Movable {
  instance: PlacedInstance;
  kind: MoveKind;
}

/**
 * The fleet as it would be after the moves planned so far. Hosts and instances are ordered by name and id, whatever the
 * order of the input.
 */
export class FleetDraft {
  readonly fleet: FleetView;
  /** Indexes of the hosts that take part: up, enabled and with capacity. */
  readonly taking: readonly number[];
  readonly loads: Float64Array;
  /** Reasons why instances stay, and how many for each. */
  readonly stays = new Map<string, number>();
  private readonly hostOf = new Map<string, string>();
  private readonly driverOf: ReadonlyMap<string, string>;
  private readonly members = new Map<string, Map<string, number>>();
  /** Per host: groups of instances that are alike, the cheapest to move first; one stands for its group. */
  private readonly alike: Map<string, Movable[]>[];

  constructor(private readonly input: RebalanceInput) {
    const byName = (a: { name: string; id: string }, b: { name: string; id: string }) =>
      compare(a.name, b.name) || compare(a.id, b.id);
    this.fleet = new FleetView(input.hosts.toSorted(byName));
    const { enabled, up, vcpus, memoryMb, rows } = this.fleet;
    this.driverOf = new Map(rows.map((row) => [row.id, row.storageDriver]));
    const all = rows.map((_, host) => host);
    this.taking = all.filter((host) => enabled[host] && up[host] && vcpus[host] > 0 && memoryMb[host] > 0);
    this.loads = Float64Array.from(all, (host) => loadOf(this.fleet, host, input.settings.weights));
    this.alike = all.map(() => new Map<string, Movable[]>());
    this.settle();
  }

  /** One instance of each group that may leave the host. */
  leavers(host: number): Movable[] {
    return [...this.alike[host].values()].flatMap((some) => some.slice(0, 1));
  }

  /** The scheduler's query for this instance, in the draft's fleet. */
  query({ instance, kind }: Movable): PlacementQuery {
    const hosts = (ids: readonly string[]) => new Set(ids.flatMap((id) => this.hostOf.get(id) ?? []));
    return {
      resources: instance.resources,
      availabilityZone: instance.availabilityZone,
      requestedHostId: null,
      force: false,
      excludedHostIds: new Set([instance.hostId]),
      capabilities: kind === 'live' ? ['restore'] : [],
      architecture: instance.architecture,
      storageDriver: this.driverOf.get(instance.hostId) ?? null,
      missingCpuFeatures: kind === 'live' ? this.input.lackingCpu.get(instance.hostId) : undefined,
      sameHostIds: instance.sameAs.length ? hosts(instance.sameAs) : null,
      differentHostIds: instance.differentFrom.length ? hosts(instance.differentFrom) : null,
      group: this.constraint(instance),
    };
  }

  /** Moves the instance from one host to another; it does not move again. */
  move({ instance }: Movable, from: number, to: number): void {
    this.alike[from].get(likenessOf(instance))?.shift();
    this.fleet.giveBack(from, instance.resources);
    this.fleet.take(to, instance.resources);
    for (const host of [from, to]) this.loads[host] = loadOf(this.fleet, host, this.input.settings.weights);
    this.hostOf.set(instance.id, this.fleet.ids[to]);
    const members = instance.group && this.members.get(instance.group);
    if (!members) return;
    count(members, this.fleet.ids[from], -1);
    count(members, this.fleet.ids[to], 1);
  }

  /** The group's members without the instance itself, as the scheduler counts them. */
  private constraint({ id, group }: PlacedInstance): GroupConstraint | null {
    const policy = group === null ? undefined : this.input.groups.get(group);
    if (!policy) return null;
    const membersByHost = new Map(this.members.get(group!));
    count(membersByHost, this.hostOf.get(id)!, -1);
    return { ...policy, membersByHost };
  }

  private settle(): void {
    const places = new Map(this.fleet.ids.map((id, host) => [id, host]));
    const taking = new Set(this.taking);
    for (const instance of this.input.instances.toSorted((a, b) => compare(a.id, b.id))) {
      this.hostOf.set(instance.id, instance.hostId);
      if (instance.group !== null) {
        if (!this.members.has(instance.group)) this.members.set(instance.group, new Map());
        count(this.members.get(instance.group)!, instance.hostId, 1);
      }
      const host = places.get(instance.hostId);
      if (host !== undefined && taking.has(host)) this.sort(instance, host);
    }
    for (const kinds of this.alike) for (const some of kinds.values()) some.sort(cheapestFirst);
  }

  private sort(instance: PlacedInstance, host: number): void {
    const answer = movableAs(instance, this.input.settings);
    const cannot = 'kind' in answer && answer.kind === 'live' && !this.fleet.capabilities[host].has('checkpoint');
    const stays = 'stays' in answer ? answer.stays : cannot ? 'its host cannot checkpoint' : null;
    if (stays !== null || !('kind' in answer)) {
      this.stays.set(stays!, (this.stays.get(stays!) ?? 0) + 1);
      return;
    }
    const key = likenessOf(instance);
    const some = this.alike[host].get(key);
    if (some) some.push({ instance, kind: answer.kind });
    else this.alike[host].set(key, [{ instance, kind: answer.kind }]);
  }
}

/** A key that is equal for instances that can go to the same hosts and change loads alike. */
function likenessOf(instance: PlacedInstance): string {
  const { resources, running, notLive, availabilityZone, architecture, group, sameAs, differentFrom } = instance;
  const { vcpus, memoryMb, diskGb } = resources;
  const live = running && notLive === null;
  return JSON.stringify([
    ...[vcpus, memoryMb, diskGb, live, availabilityZone, architecture, group],
    ...[sameAs, differentFrom],
  ]);
}

function cheapestFirst(a: Movable, b: Movable): number {
  const [one, other] = [a.instance.cost[a.kind], b.instance.cost[b.kind]];
  return one.blackoutMs - other.blackoutMs || one.bytes - other.bytes || compare(a.instance.id, b.instance.id);
}

function count(members: Map<string, number>, hostId: string, by: 1 | -1): void {
  const now = (members.get(hostId) ?? 0) + by;
  if (now > 0) members.set(hostId, now);
  else members.delete(hostId);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
