import * as sql from './audit-sql.js';
import type { DifferenceKind } from './difference.js';

export type RecordRow = Record<string, string | number | null>;

/** What Postgres is compared with itself by: each row that a statement finds is a difference. */
export interface RecordCheck {
  kind: DifferenceKind;
  sql: string;
  words: (row: RecordRow) => string;
}

export const recordChecks: readonly RecordCheck[] = [
  {
    kind: 'host-sums',
    sql: sql.SUMS,
    words: (row) =>
      `host ${row.host} counts ${row.used_vcpus} vcpus, ${row.used_memory} MiB, ${row.used_disk} GiB; ` +
      `its allocations are ${row.vcpus}, ${row.memory}, ${row.disk}`,
  },
  {
    kind: 'allocation',
    sql: sql.ALLOCATIONS,
    words: (row) =>
      `allocation of ${row.consumer_id} on host ${row.host} for instance ${row.instance_id}, which is ` +
      (row.vm_state === null ? 'gone' : `on ${row.instance_host ?? 'no host'}, move ${row.status ?? 'none'}`),
  },
  {
    kind: 'allocation-missing',
    sql: sql.UNCLAIMED,
    words: (row) => `instance ${row.id} on host ${row.host} has no allocation there`,
  },
  {
    kind: 'port-host',
    sql: sql.PORTS,
    words: (row) =>
      `port ${row.id} is on ${row.host ?? 'no host'}, its instance ${row.instance_id} on ${row.instance_host ?? 'none'}`,
  },
  {
    kind: 'task-stranded',
    sql: sql.STRANDED_TASKS,
    words: (row) => `instance ${row.id} is ${row.task_state} without an operation`,
  },
  {
    kind: 'migration-stranded',
    sql: sql.STRANDED_MIGRATIONS,
    words: (row) => `move ${row.uuid} of instance ${row.instance_id} is ${row.status} without an operation`,
  },
  {
    kind: 'operation-stale',
    sql: sql.STALE_OPERATIONS,
    words: (row) => `operation ${row.id} (${row.kind} of ${row.resource_id}) is ${row.state} and nobody runs it`,
  },
];
