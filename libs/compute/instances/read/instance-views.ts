import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import type { FixedIp } from '#libs/networking/ports/port.entity';
import { shownStatusOf } from '#libs/networking/ports/port-status';
import { allows } from '#libs/policy/policy';
import { instanceTarget } from '../instance-target.js';
import type { Instance } from '../instance.entity.js';
import { hostIsUp } from '#libs/fleet/hosts/host-state';

export interface InstanceNicView {
  instanceId: string;
  portId: string;
  networkId: string;
  networkName: string;
  mac: string;
  status: string;
  fixedIps: (FixedIp & { version: 4 | 6 })[];
  /** Names. */
  securityGroups: string[];
}

/** Nova API: host_status (2.16), as far as hosts here have it. */
export type HostStatus = 'UP' | 'DOWN' | 'MAINTENANCE';

export interface InstanceHostView {
  id: string;
  name: string;
  availabilityZone: string;
  status: HostStatus;
}

/** What who looks may be shown of an instance, as the policy has it. */
export interface InstanceShown {
  /** Its host, and what else is for administrators (Nova: OS-EXT-SRV-ATTR). */
  attributes: boolean;
  hostStatus: boolean;
  /** Why it failed in its own words, which name hosts, paths and logs (Nova: OSSA-2019-003). */
  failures: boolean;
}

/** An instance with its ports and what is shown of its host. */
export interface InstanceView {
  instance: Instance;
  nics: InstanceNicView[];
  host: InstanceHostView | null;
  shown: InstanceShown;
}

/** Joins ports and hosts to instances: one statement each for a whole page. */
@Injectable()
export class InstanceViews {
  constructor(private readonly database: DataSource) {}

  async of(caller: Caller, instances: Instance[]): Promise<InstanceView[]> {
    if (!instances.length) return [];
    const [nics, hosts] = await Promise.all([this.nics(instances), this.hosts(instances)]);
    return instances.map((instance) => ({
      instance,
      nics: nics.get(instance.id) ?? [],
      host: (instance.hostId && hosts.get(instance.hostId)) || null,
      shown: shownTo(caller, instance),
    }));
  }

  /** The NICs by instance id. Index ports_of_instance. */
  private async nics(instances: Instance[]): Promise<Map<string, InstanceNicView[]>> {
    const rows = await this.database.query<InstanceNicView[]>(
      `SELECT p.instance_id AS "instanceId", p.id AS "portId", p.network_id AS "networkId", n.name AS "networkName",
              p.mac_address AS mac, ${shownStatusOf('p')} AS status, p.fixed_ips AS "fixedIps",
              ARRAY(SELECT g.name FROM security_groups g WHERE g.id = ANY(p.security_group_ids) ORDER BY g.created_at, g.id)
                AS "securityGroups"
         FROM ports p JOIN networks n ON n.id = p.network_id
        WHERE p.instance_id = ANY($1::uuid[]) ORDER BY p.instance_id, p.device_index`,
      [instances.map((instance) => instance.id)],
    );
    for (const row of rows)
      row.fixedIps = row.fixedIps.map((ip) => ({ ...ip, version: ip.ip_address.includes(':') ? 6 : 4 }));
    return Map.groupBy(rows, (row) => row.instanceId);
  }

  private async hosts(instances: Instance[]): Promise<Map<string, InstanceHostView>> {
    const ids = [...new Set(instances.flatMap(({ hostId }) => (hostId ? [hostId] : [])))];
    if (!ids.length) return new Map();
    const rows = await this.database.query<InstanceHostView[]>(
      `SELECT id, name, availability_zone AS "availabilityZone",
              CASE WHEN NOT ${hostIsUp()} THEN 'DOWN'
                   WHEN NOT enabled THEN 'MAINTENANCE' ELSE 'UP' END AS status
         FROM hosts WHERE id = ANY($1)`,
      [ids],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }
}

function shownTo(caller: Caller, instance: Instance): InstanceShown {
  const target = instanceTarget(instance);
  return {
    attributes: allows(caller, 'os_compute_api:os-extended-server-attributes', target),
    hostStatus: allows(caller, 'os_compute_api:servers:show:host_status', target),
    failures: allows(caller, 'fleet:failures:details', target),
  };
}
