import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { NotFoundError } from '#libs/common/errors';
import { databaseTime } from '#libs/database/database-time';
import { HostRecords } from '#libs/fleet/hosts/host-records';
import { hasCapability, isUp } from '#libs/fleet/hosts/host-state';
import { hostTarget } from '#libs/fleet/hosts/host-target';
import type { Host } from '#libs/fleet/hosts/host.entity';
import { allows, ownOf, requireAllowed } from '#libs/policy/policy';

/** One of the parts that a host's agent plays in networks, as Neutron's users know them: each a process of its own there. */
export interface NetworkAgent {
  id: string;
  kind: NetworkAgentKind;
  host: Host;
  alive: boolean;
}

/** Neutron's names of its agents. `topic`: where Neutron would send it messages. */
const kinds = [
  { type: 'Linux bridge agent', binary: 'neutron-linuxbridge-agent', topic: 'N/A', zoned: false },
  { type: 'DHCP agent', binary: 'neutron-dhcp-agent', topic: 'dhcp_agent', zoned: true },
  // Agents of v0.1 have no routers and no metadata service.
  { type: 'L3 agent', binary: 'neutron-l3-agent', topic: 'l3_agent', zoned: true, needs: 'desired-state' },
  { type: 'Metadata agent', binary: 'neutron-metadata-agent', topic: 'N/A', zoned: false, needs: 'desired-state' },
] as const satisfies { type: string; binary: string; topic: string; zoned: boolean; needs?: string }[];

export type NetworkAgentKind = (typeof kinds)[number];

/**
 * What hosts do for networks, for operators (Neutron API: /v2.0/agents). One process of LXStack does all of it on a
 * host, so the agents of a host live and die together. Everything throws PolicyDeniedError.
 */
@Injectable()
export class NetworkAgents {
  private readonly hosts: HostRecords;

  constructor(private readonly database: DataSource) {
    this.hosts = new HostRecords(database);
  }

  /** Of every host that the caller may see, ordered by its name. */
  async list(caller: Caller): Promise<NetworkAgent[]> {
    requireAllowed(caller, 'get_agent', ownOf(caller));
    const now = await databaseTime(this.database.manager);
    const hosts = (await this.hosts.all()).filter((host) => allows(caller, 'get_agent', hostTarget(host)));
    return hosts.flatMap((host) => agentsOf(host, now));
  }

  /** Throws NotFoundError. */
  async get(caller: Caller, id: string): Promise<NetworkAgent> {
    const agent = (await this.list(caller)).find((one) => one.id === id);
    if (!agent) throw new NotFoundError('Agent', id);
    return agent;
  }
}

function agentsOf(host: Host, now: Date): NetworkAgent[] {
  const alive = isUp(host, now);
  return kinds
    .filter((kind) => !('needs' in kind) || hasCapability(host, kind.needs))
    .map((kind) => ({ id: idOf(host, kind), kind, host, alive }));
}

/** Always the same for a host and a kind (RFC 9562, version 8). */
function idOf(host: Host, { binary }: NetworkAgentKind): string {
  const hex = createHash('sha256').update(`${host.id}\n${binary}`).digest('hex');
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return parts.join('-');
}
