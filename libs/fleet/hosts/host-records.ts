import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { NotFoundError } from '#libs/common/errors';
import { UUID } from '#libs/common/names';
import { MarkerNotFoundError, MAX_PAGE, readPage } from '#libs/database/keyset';
import type { Marker } from '#libs/database/keyset';
import { Host } from './host.entity.js';
import type { HostRole } from './host.entity.js';

export interface HostFilter {
  role?: HostRole;
  enabled?: boolean;
  /** Part of the host's name. */
  namePattern?: string;
  /** Id of the host after which the page begins; pages are ordered by name. */
  marker?: string;
  /** At most 1000, which is also the default. */
  limit?: number;
}

/** Hosts as the control plane itself reads them. Faces ask `Hosts`, which asks the policy. */
@Injectable()
export class HostRecords {
  constructor(private readonly database: DataSource) {}

  /** One page, ordered by name. Throws MarkerNotFoundError. */
  async list(filter: HostFilter = {}): Promise<Host[]> {
    const { role, enabled, namePattern, marker, limit = MAX_PAGE } = filter;
    const query = this.database.manager.createQueryBuilder(Host, 'h');
    if (role) query.andWhere('h.role = :role', { role });
    if (enabled !== undefined) query.andWhere('h.enabled = :enabled', { enabled });
    if (namePattern) query.andWhere('position(:namePattern in h.name) > 0', { namePattern });
    const from = marker === undefined ? undefined : await this.markerOf(marker);
    return readPage(query, [{ sql: 'h.name', direction: 'asc' }], { marker: from, limit });
  }

  /** Every host, ordered by name, read page by page: for questions about the whole fleet. */
  async all(filter: Omit<HostFilter, 'marker' | 'limit'> = {}): Promise<Host[]> {
    const all: Host[] = [];
    for (;;) {
      const page = await this.list({ ...filter, marker: all.at(-1)?.id });
      all.push(...page);
      if (page.length < MAX_PAGE) return all;
    }
  }

  /** By id, name or Nova's integer id. Throws NotFoundError. */
  async get(idOrName: string, tx: EntityManager = this.database.manager): Promise<Host> {
    const where = UUID.test(idOrName)
      ? [{ id: idOrName }, { name: idOrName }]
      : [{ name: idOrName }, ...(/^\d{1,9}$/.test(idOrName) ? [{ serial: Number(idOrName) }] : [])];
    const host = await tx.findOne(Host, { where });
    if (!host) throw new NotFoundError('Host', idOrName);
    return host;
  }

  /** The hosts of these ids, by id, in one query; unknown ids are left out. */
  async byIds(ids: Iterable<string | null>): Promise<Map<string, Host>> {
    const wanted = [...new Set(ids)].filter((id) => id !== null);
    if (!wanted.length) return new Map();
    const hosts = await this.database.manager.findBy(Host, { id: In(wanted) });
    return new Map(hosts.map((host) => [host.id, host]));
  }

  private async markerOf(idOrName: string): Promise<Marker> {
    const last = await this.get(idOrName).catch((error: unknown) => {
      throw error instanceof NotFoundError ? new MarkerNotFoundError('Host', idOrName) : error;
    });
    return { resource: 'Host', id: idOrName, row: 'h.id = :last', parameters: { last: last.id } };
  }
}
