import type { LostKind } from '#generated/lxstack/agent/v1/guest';
import { UUID } from '#libs/common/names';
import { behindMarker, MAX_PAGE } from '#libs/database/keyset';
import type { OrderKey } from '#libs/database/keyset';
import type { GuestHealth } from '../health/guest-health.js';
import type { MigrationStatus, MigrationType } from './migration.entity.js';

/** Nova API: os-migrations, and server migrations with `instanceId` and `inProgress`. */
export interface MigrationFilter {
  uuid?: string;
  instanceId?: string;
  /** Name of the host at either end. */
  host?: string;
  /** Name of the source host. */
  sourceHost?: string;
  status?: MigrationStatus;
  migrationType?: MigrationType;
  projectId?: string;
  userId?: string;
  /** uuid of the migration, or id of its instance, after which the page begins (newest first). */
  marker?: string;
  changesSince?: Date;
  changesBefore?: Date;
  /** Only live migrations that have not ended: what Nova lists under a server. */
  inProgress?: boolean;
  /** At most 1000. */
  limit?: number;
}

/** A migration with the names of its hosts. */
export interface MigrationView {
  uuid: string;
  id: number;
  migrationType: MigrationType;
  status: MigrationStatus;
  instanceId: string;
  operationId: string;
  sourceHost: string | null;
  destHost: string | null;
  destVtep: string | null;
  oldFlavorId: string | null;
  newFlavorId: string | null;
  projectId: string;
  userId: string;
  memoryBytesTotal: number;
  memoryBytesProcessed: number;
  diskBytesTotal: number;
  diskBytesProcessed: number;
  memoryMode: string;
  memoryModeReason: string;
  timingsMs: Record<string, number>;
  failure: { step: string; reason: string; logTail: string[] } | null;
  health: GuestHealth | null;
  lost: LostKind[];
  createdAt: Date;
  updatedAt: Date;
}

const columns = `m.uuid, m.id, m.migration_type AS "migrationType", m.status, m.instance_id AS "instanceId",
  m.operation_id AS "operationId", s.name AS "sourceHost", d.name AS "destHost", d.vtep AS "destVtep",
  m.old_flavor_id AS "oldFlavorId", m.new_flavor_id AS "newFlavorId", m.project_id AS "projectId", m.user_id AS "userId",
  m.memory_bytes_total::float8 AS "memoryBytesTotal", m.memory_bytes_processed::float8 AS "memoryBytesProcessed",
  m.disk_bytes_total::float8 AS "diskBytesTotal", m.disk_bytes_processed::float8 AS "diskBytesProcessed",
  m.memory_mode AS "memoryMode", m.memory_mode_reason AS "memoryModeReason",
  m.timings_ms AS "timingsMs", m.failure, m.health, m.lost, m.created_at AS "createdAt", m.updated_at AS "updatedAt"`;

const newest: OrderKey = { sql: 'm.id', direction: 'desc' };

const source = `FROM migrations m LEFT JOIN hosts s ON s.id = m.source_host_id LEFT JOIN hosts d ON d.id = m.dest_host_id`;

/** SQL of one page, newest first. Index for order and marker: primary key of migrations.id. */
export function migrationsQuery(filter: MigrationFilter): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const conditions: string[] = ['true'];
  const add = (condition: (n: string) => string, value: unknown) => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  add((n) => `m.uuid = ${n}`, filter.uuid);
  // What is no UUID is the id of no instance, and PostgreSQL would refuse it.
  if (filter.instanceId !== undefined && !UUID.test(filter.instanceId)) conditions.push('false');
  else add((n) => `m.instance_id = ${n}`, filter.instanceId);
  add((n) => `(s.name = ${n} OR d.name = ${n})`, filter.host);
  add((n) => `s.name = ${n}`, filter.sourceHost);
  add((n) => `m.status = ${n}`, filter.status);
  add((n) => `m.migration_type = ${n}`, filter.migrationType);
  add((n) => `m.project_id = ${n}`, filter.projectId);
  add((n) => `m.user_id = ${n}`, filter.userId);
  add((n) => `m.updated_at >= ${n}`, filter.changesSince);
  add((n) => `m.updated_at <= ${n}`, filter.changesBefore);
  const marker = filter.marker === undefined || UUID.test(filter.marker) ? filter.marker : null;
  add((n) => behindMarker([newest], 'm', 'migrations', `m.uuid = ${n}`), marker);
  if (filter.inProgress)
    conditions.push(
      `m.migration_type = 'live-migration' AND m.status IN ('queued', 'preparing', 'running', 'post-migrating')`,
    );
  values.push(Math.min(filter.limit ?? MAX_PAGE, MAX_PAGE));
  return {
    text: `SELECT ${columns} ${source} WHERE ${conditions.join(' AND ')} ORDER BY m.id DESC LIMIT $${values.length}`,
    values,
  };
}
