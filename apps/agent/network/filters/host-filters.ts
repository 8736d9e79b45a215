import type { Nic, PortFilter, SecurityGroup } from '#generated/lxstack/agent/v1/types';
import { UnavailableError } from '#libs/common/errors';
import { Turn } from '#libs/common/turns';
import { baseRules, protectPort, unprotect } from '../anti-spoofing.js';
import { nft } from '../commands.js';
import { connectionsOf, removeConnections } from '../conntrack/connections.js';
import { hostVethName } from '../interface-names.js';
import { groupRules } from './group-rules.js';
import { MemberSets } from './member-sets.js';
import { FRAMES, directions, groupChain, portChain } from './names.js';
import { forbidden } from './permits.js';
import { filterRules } from './port-rules.js';
import { forgetBridge, retrack, trackBridge, trackingRules } from './tracking.js';
import type { Tracking } from './tracking.js';

/** Security groups as the control plane has told of them; undefined: nothing was told, so nothing may pass. */
export interface KnownGroups {
  securityGroup(id: string): SecurityGroup | undefined;
  /** Addresses and CIDRs of the group's members; an address that several members have comes several times. */
  memberAddresses(id: string): Iterable<string>;
}

/** A port with its rules in force. */
export interface GuardedPort {
  nic: Nic;
  /** Its link is down: nothing may come from it. */
  down: boolean;
  loose: boolean;
  /** Conntrack zone of its network. */
  zone: number;
}

/** What the kernel should have of some ports' filters. */
export interface WantedFilters {
  /** `what`: whose rules they are, in words. */
  chains: { chain: string; rules: string[]; what: string }[];
  /** Addresses of a remote group's members; ranges are not compared, for the kernel merges them. */
  sets: { set: string; addresses: ReadonlySet<string>; group: string }[];
  /** Ids of the ports whose frames must go through their chains. */
  filtered: string[];
}

/** What this process has put into the kernel: the commands that made it. */
interface Applied {
  ports: Map<string, GuardedPort>;
  /** By port id. */
  portTexts: Map<string, string>;
  /** By group id. */
  groups: Map<string, string>;
}

/**
 * The filters of all ports of this host: one nft transaction per change, so that no frame ever sees half of one. A group's
 * rules are there once, whatever the number of ports in it; so are the addresses of a remote group.
 */
export class HostFilters {
  private applied: Applied = { ports: new Map(), portTexts: new Map(), groups: new Map() };
  /** A change has failed: the kernel may have something else than is believed. */
  private uncertain = false;
  private readonly members: MemberSets;
  /** Zones of tracked bridges. */
  private readonly bridges = new Map<string, number>();
  private readonly turn = new Turn();

  constructor(
    private readonly known: KnownGroups,
    readonly tracking: Tracking,
  ) {
    this.members = new MemberSets((id) => known.memberAddresses(id));
  }

  /**
   * Makes the tables, before any port. What an earlier process has left in them stays in force, but of bridges these only are
   * tracked: an agent of the release before may have removed others.
   */
  async open(bridges: readonly { bridge: string; zone: number }[]): Promise<void> {
    for (const { bridge, zone } of bridges) this.bridges.set(bridge, zone);
    await nft([baseRules, trackingRules(this.tracking), retrack(this.tracking, this.bridges)].join('\n'));
  }

  /** Tracks the packets of a bridge in the zone. */
  track(bridge: string, zone: number): Promise<void> {
    this.bridges.set(bridge, zone);
    return this.turn.take(() => this.run(trackBridge(this.tracking, bridge, zone)));
  }

  /** The opposite. */
  untrack(bridge: string, zone: number): Promise<void> {
    this.bridges.delete(bridge);
    return this.turn.take(() => this.run(forgetBridge(this.tracking, bridge, zone)));
  }

  private async run(commands: string): Promise<void> {
    if (commands) await nft(commands);
  }

  /** The ports whose rules are in force. */
  get ports(): ReadonlyMap<string, GuardedPort> {
    return this.applied.ports;
  }

  /** The group as the rules in force have it, for comparison with what was told. */
  group(id: string): SecurityGroup | undefined {
    return this.known.securityGroup(id);
  }

  /** Puts the ports' rules in force, before their links are there. Throws UnavailableError where this host cannot filter. */
  protect(ports: readonly GuardedPort[]): Promise<void> {
    const filtered = ports.find(({ nic }) => nic.filter);
    if (filtered && this.tracking === 'none')
      throw new UnavailableError('This host tracks no connections of bridges, so it cannot filter ports.');
    return this.change((next) => {
      for (const port of ports) next.ports.set(port.nic.portId, port);
      return ports;
    });
  }

  /** Removes the rules of ports that have no link any more. */
  unprotect(portIds: readonly string[]): Promise<void> {
    return this.turn.take(async () => {
      const next = this.copy();
      for (const id of portIds) [next.ports, next.portTexts].forEach((map) => map.delete(id));
      const gone = portIds.flatMap((id) => [unprotect(hostVethName(id)), ...removeFilter(id)]);
      await nft([...gone, ...this.sweep(next), ''].join('\n'));
      this.applied = next;
    });
  }

  /** Applies groups whose rules have changed, and groups whose members have. */
  applyGroups(groupIds: ReadonlySet<string>, memberGroupIds: ReadonlySet<string>): Promise<void> {
    return this.change((next) => {
      const ports = [...next.ports.values()];
      return ports.filter(({ nic }) => nic.filter?.securityGroupIds.some((id) => groupIds.has(id)));
    }, memberGroupIds);
  }

  /** Makes everything again, whatever the kernel has. */
  rebuild(): Promise<void> {
    return this.turn.take(() => this.remake(this.copy()));
  }

  /** The commands that make the rules of these ports and of their groups; for comparison with the kernel. */
  wanted(ports: readonly GuardedPort[]): WantedFilters {
    const groupIds = [...new Set(ports.flatMap(({ nic }) => nic.filter?.securityGroupIds ?? []))];
    const ofPorts = ports.flatMap(({ nic, loose }) =>
      directions.flatMap((one) =>
        this.portRules(nic, loose, one).map((found) => ({ ...found, what: `port ${nic.portId}` })),
      ),
    );
    const ofGroups = groupIds.flatMap((id) =>
      directions.map((one) => ({
        chain: groupChain(one, id),
        rules: this.rulesOfGroup(id, one),
        what: `security group ${id}`,
      })),
    );
    const remotes = new Set(groupIds.flatMap((id) => remotesOf(this.known.securityGroup(id))));
    const sets = [...remotes].flatMap((id) =>
      this.members.wanted(id).map(([set, addresses]) => ({ set, addresses, group: id })),
    );
    const filtered = ports.filter(({ nic }) => nic.filter).map(({ nic }) => nic.portId);
    return { chains: [...ofPorts, ...ofGroups], sets, filtered };
  }

  private change(
    plan: (next: Applied) => readonly GuardedPort[],
    memberGroupIds: ReadonlySet<string> = new Set(),
  ): Promise<void> {
    return this.turn.take(async () => {
      const next = this.copy();
      const ports = plan(next);
      const groups = new Set(ports.flatMap(({ nic }) => nic.filter?.securityGroupIds ?? []));
      const commands = [
        ...this.members.changed(memberGroupIds),
        ...this.groupCommands(next, [...groups, ...this.naming(next, memberGroupIds)]),
        ...ports.flatMap((port) => this.portCommands(next, port)),
        ...this.sweep(next),
      ];
      const before = this.applied;
      if (this.uncertain) await this.remake(next);
      else
        try {
          if (commands.length) await nft([...commands, ''].join('\n'));
          this.applied = next;
        } catch {
          await this.remake(next);
        }
      const shrunk = this.members.takeShrunk();
      await this.endForbidden(changedPorts(before, next, shrunk, (id) => this.known.securityGroup(id)));
    });
  }

  /** Neutron: connections that the rules forbid end with the change. */
  private async endForbidden(ports: readonly GuardedPort[]): Promise<void> {
    for (const [zone, inZone] of Map.groupBy(ports, (port) => port.zone)) {
      const connections = await connectionsOf(zone);
      const gone = inZone.flatMap(({ nic }) => {
        const groups = (nic.filter?.securityGroupIds ?? []).flatMap((id) => this.known.securityGroup(id) ?? []);
        return forbidden(nic, { groups, memberAddresses: (id) => this.known.memberAddresses(id) }, connections);
      });
      await removeConnections([...new Set(gone)]);
    }
  }

  /** Makes all of it: the kernel may have something else than this process believes, where somebody has changed it. */
  private async remake(next: Applied): Promise<void> {
    this.uncertain = true;
    this.members.forget();
    next.groups.clear();
    next.portTexts.clear();
    const groups = [...next.ports.values()].flatMap(({ nic }) => nic.filter?.securityGroupIds ?? []);
    const commands = [
      ...this.groupCommands(next, groups),
      ...[...next.ports.values()].flatMap((port) => this.portCommands(next, port)),
    ];
    const tracked = retrack(this.tracking, this.bridges);
    await nft([baseRules, trackingRules(this.tracking), tracked, ...commands, ''].join('\n'));
    this.applied = next;
    this.uncertain = false;
  }

  private copy(): Applied {
    const { ports, portTexts, groups } = this.applied;
    return { ports: new Map(ports), portTexts: new Map(portTexts), groups: new Map(groups) };
  }

  /** Groups in force whose rules name one of these as remote: which sets they look into may have changed. */
  private naming(next: Applied, remoteIds: ReadonlySet<string>): string[] {
    return [...next.groups.keys()].filter((id) =>
      remotesOf(this.known.securityGroup(id)).some((one) => remoteIds.has(one)),
    );
  }

  private groupCommands(next: Applied, groupIds: readonly string[]): string[] {
    return [...new Set(groupIds)].flatMap((id) => {
      const sets = remotesOf(this.known.securityGroup(id)).flatMap((remote) => this.members.ensure(remote));
      const chains = directions.flatMap((one) => chainCommands(groupChain(one, id), this.rulesOfGroup(id, one)));
      const text = chains.join('\n');
      if (next.groups.get(id) === text) return sets;
      next.groups.set(id, text);
      return [...sets, ...chains];
    });
  }

  private rulesOfGroup(id: string, direction: (typeof directions)[number]): string[] {
    const group = this.known.securityGroup(id);
    return group ? groupRules(group, direction, (remote, version) => this.members.hasRanges(remote, version)) : [];
  }

  private portRules(nic: Nic, loose: boolean, direction: (typeof directions)[number]) {
    if (!nic.filter) return [];
    const state = { filter: nic.filter, stateful: this.isStateful(nic.filter), loose };
    return [{ chain: portChain(direction, nic.portId), rules: filterRules(state, direction) }];
  }

  /** A port is stateful unless all of its groups are stateless. */
  private isStateful({ securityGroupIds }: PortFilter): boolean {
    return !securityGroupIds.length || securityGroupIds.some((id) => this.known.securityGroup(id)?.stateful ?? true);
  }

  private portCommands(next: Applied, port: GuardedPort): string[] {
    const commands = this.commandsOf(port);
    const text = commands.join('\n');
    if (next.portTexts.get(port.nic.portId) === text) return [];
    next.portTexts.set(port.nic.portId, text);
    return commands;
  }

  private commandsOf({ nic, down, loose }: GuardedPort): string[] {
    const veth = hostVethName(nic.portId);
    const guest = `add element ${FRAMES} guests { "${veth}" }`;
    if (!nic.filter) return [protectPort(nic, down), guest, ...removeFilter(nic.portId)];
    const chains = directions.flatMap((one) => {
      const [{ chain, rules }] = this.portRules(nic, loose, one) as [{ chain: string; rules: string[] }];
      return [...chainCommands(chain, rules), elementCommand('add', one, nic.portId)];
    });
    return [protectPort(nic, down), guest, ...chains];
  }

  /** Removes groups that no port is in, and sets that no group names. */
  private sweep(next: Applied): string[] {
    const used = new Set([...next.ports.values()].flatMap(({ nic }) => nic.filter?.securityGroupIds ?? []));
    const gone = [...next.groups.keys()].filter((id) => !used.has(id));
    for (const id of gone) next.groups.delete(id);
    const named = new Set([...next.groups.keys()].flatMap((id) => remotesOf(this.known.securityGroup(id))));
    return [
      ...gone.flatMap((id) => directions.flatMap((one) => removeChain(groupChain(one, id)))),
      ...this.members.keepOnly(named),
    ];
  }
}

/** Ports that were there before and whose rules, groups or remote groups' members a change has touched. */
function changedPorts(
  before: Applied,
  after: Applied,
  memberGroupIds: ReadonlySet<string>,
  groupOf: (id: string) => SecurityGroup | undefined,
): GuardedPort[] {
  const isChanged = (id: string) =>
    before.groups.get(id) !== after.groups.get(id) ||
    remotesOf(groupOf(id)).some((remote) => memberGroupIds.has(remote));
  return [...after.ports.values()].filter(({ nic: { portId, filter } }) => {
    if (!filter || !before.portTexts.has(portId)) return false;
    return before.portTexts.get(portId) !== after.portTexts.get(portId) || filter.securityGroupIds.some(isChanged);
  });
}

/** Ids of the groups that rules of the group name as remote. */
export const remotesOf = (group: SecurityGroup | undefined): string[] => [
  ...new Set((group?.rules ?? []).map(({ remoteGroupId }) => remoteGroupId).filter((id) => id !== '')),
];

const maps = { i: 'arriving', e: 'leaving' } as const;

const elementCommand = (command: string, direction: 'i' | 'e', portId: string): string =>
  `${command} element ${FRAMES} ${maps[direction]} { "${hostVethName(portId)}" : jump ${portChain(direction, portId)} }`;

const chainCommands = (chain: string, rules: readonly string[]): string[] => [
  `add chain ${FRAMES} ${chain}`,
  `flush chain ${FRAMES} ${chain}`,
  ...rules.map((rule) => `add rule ${FRAMES} ${chain} ${rule}`),
];

const removeChain = (chain: string): string[] => [
  `add chain ${FRAMES} ${chain}`,
  `flush chain ${FRAMES} ${chain}`,
  `delete chain ${FRAMES} ${chain}`,
];

/** `add` before `delete` lets them succeed where there is nothing. */
const removeFilter = (portId: string): string[] =>
  directions.flatMap((one) => [
    `add chain ${FRAMES} ${portChain(one, portId)}`,
    elementCommand('add', one, portId),
    `delete element ${FRAMES} ${maps[one]} { "${hostVethName(portId)}" }`,
    ...removeChain(portChain(one, portId)),
  ]);
