import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { FixedIp } from '#libs/networking/ports/port.entity';
import { shownStatusOf } from '#libs/networking/ports/port-status';
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
}

/** Nova API: host_status (2.16), as far as hosts here have it. */
export type HostStatus = 'UP' | 'DOWN' | 'MAINTENANCE';

export interface InstanceHostView {
  id: string;
  name: string;
  availabilityZone: string;
  status: HostStatus;
}

/** An instance with its ports and what is shown of its host. */
export interface InstanceView {
  instance: Instance;
  nics: InstanceNicView[];
  host: InstanceHostView | null;
}

/** Joins ports and hosts to instances: one statement each for a whole page. */
@Injectable()
export class InstanceViews {
  constructor(private readonly database: DataSource) {}

  /** In the order of `instances`. */
  async of(instances: Instance[]): Promise<InstanceView[]> {
    if (!instances.length) return [];
    const [nics, hosts] = await Promise.all([this.nics(instances), this.hosts(instances)]);
    return instances.map((instance) => ({
      instance,
      nics: nics.get(instance.id) ?? [],
      host: (instance.hostId && hosts.get(instance.hostId)) || null,
    }));
  }

  /** The NICs by instance id. Index ports_of_instance. */
  private async nics(instances: Instance[]): Promise<Map<string, InstanceNicView[]>> {
    const rows = await this.database.query<InstanceNicView[]>(
      `SELECT p.instance_id AS "instanceId", p.id AS "portId", p.network_id AS "networkId", n.name AS "networkName",
              p.mac_address AS mac, ${shownStatusOf('p')} AS status, p.fixed_ips AS "fixedIps"
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
