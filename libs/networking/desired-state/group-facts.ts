import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { SecurityGroupRule } from '#generated/lxstack/agent/v1/types';
import { normalizedCidr } from '../security-groups/rule-checks.js';
import { protocolNumber } from '../security-groups/protocols.js';

/** A security group with its rules, as hosts are told of it. */
export interface GroupFact {
  id: string;
  stateful: boolean;
  rules: SecurityGroupRule[];
}

/** A port in a group. */
export interface MemberFact {
  groupId: string;
  portId: string;
  /** Its fixed addresses and its allowed address pairs (Neutron counts both). */
  addresses: string[];
}

interface RuleRow {
  direction: 'ingress' | 'egress';
  etherType: 'IPv4' | 'IPv6';
  protocol: string | null;
  min: number | null;
  max: number | null;
  prefix: string | null;
  remote: string | null;
}

/** Index security_group_rules_of_group. */
const GROUPS = `
  SELECT g.id, g.stateful,
    (SELECT coalesce(json_agg(json_build_object('direction', r.direction, 'etherType', r.ether_type, 'protocol', r.protocol,
       'min', r.port_range_min, 'max', r.port_range_max, 'prefix', r.remote_ip_prefix, 'remote', r.remote_group_id)
       ORDER BY r.id), '[]') FROM security_group_rules r WHERE r.security_group_id = g.id) AS rules
    FROM security_groups g WHERE g.id = ANY($1::uuid[])`;

const ADDRESSES = `
  ARRAY(SELECT f->>'ip_address' FROM jsonb_array_elements(p.fixed_ips) f) ||
  ARRAY(SELECT a->>'ip_address' FROM jsonb_array_elements(p.allowed_address_pairs) a) AS addresses`;

/** Reads the security groups from which documents are made. Each method takes sets of ids and sends one query. */
@Injectable()
export class GroupFacts {
  constructor(private readonly database: DataSource) {}

  /** The groups of these ids; ids without a row are left out. */
  async groups(ids: readonly string[], tx: EntityManager = this.database.manager): Promise<GroupFact[]> {
    if (!ids.length) return [];
    const rows = await tx.query<{ id: string; stateful: boolean; rules: RuleRow[] }[]>(GROUPS, [ids]);
    return rows.map(({ id, stateful, rules }) => ({ id, stateful, rules: rules.map(ruleOf) }));
  }

  /** The groups of the ports on these hosts, by host id. Index ports_on_host. */
  async groupsOfHosts(
    hostIds: readonly string[],
    tx: EntityManager = this.database.manager,
  ): Promise<Map<string, string[]>> {
    if (!hostIds.length) return new Map();
    const rows = await tx.query<{ hostId: string; ids: string[] }[]>(
      `SELECT h.host_id AS "hostId", array_agg(DISTINCT g::text) AS ids
         FROM port_hosts h JOIN ports p ON p.id = h.port_id, unnest(p.security_group_ids) g
        WHERE h.host_id = ANY($1::uuid[]) GROUP BY h.host_id`,
      [hostIds],
    );
    return new Map(rows.map(({ hostId, ids }) => [hostId, ids]));
  }

  /** All members of these groups, plugged in or not. Index ports_of_security_group. */
  async members(groupIds: readonly string[], tx: EntityManager = this.database.manager): Promise<MemberFact[]> {
    if (!groupIds.length) return [];
    return tx.query(
      `SELECT g AS "groupId", p.id AS "portId", ${ADDRESSES} FROM ports p, unnest(p.security_group_ids) g
        WHERE p.security_group_ids && $1::uuid[] AND g = ANY($1::uuid[])`,
      [groupIds],
    );
  }

  /** The groups that these ports are in now. */
  async membershipsOf(portIds: readonly string[]): Promise<MemberFact[]> {
    if (!portIds.length) return [];
    return this.database.query(
      `SELECT g AS "groupId", p.id AS "portId", ${ADDRESSES} FROM ports p, unnest(p.security_group_ids) g
        WHERE p.id = ANY($1::uuid[])`,
      [portIds],
    );
  }
}

function ruleOf({ direction, etherType, protocol, min, max, prefix, remote }: RuleRow): SecurityGroupRule {
  const ipv6 = etherType === 'IPv6';
  const number = protocol === null ? 0 : protocolNumber(protocol, ipv6);
  return {
    ingress: direction === 'ingress',
    ipv6,
    protocol: number || undefined, // 0 is any protocol, as Neutron has it
    portMin: min ?? undefined,
    portMax: max ?? undefined,
    remotePrefix: prefix === null ? '' : normalizedCidr(prefix),
    remoteGroupId: remote ?? '',
  };
}
