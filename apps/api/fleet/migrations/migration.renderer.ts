import type { GuestHealth } from '#libs/mobility/health/guest-health';
import type { MigrationView } from '#libs/mobility/migrations/migration-list';

/** A move of any kind, with what Nova's views have no words for. */
export function renderMigration(view: MigrationView): object {
  return {
    id: view.uuid,
    operation_id: view.operationId,
    instance_id: view.instanceId,
    migration_type: view.migrationType,
    status: view.status,
    source_host: view.sourceHost,
    target_host: view.destHost,
    memory_mode: view.memoryMode || null,
    memory_mode_reason: view.memoryModeReason || null,
    memory_bytes: view.memoryBytesTotal,
    disk_bytes: view.diskBytesTotal,
    timings_ms: view.timingsMs,
    failure: view.failure,
    lost: view.lost,
    health: view.health && renderHealth(view.health),
    created_at: view.createdAt,
    updated_at: view.updatedAt,
  };
}

/** Of the guest, seconds after its move. CPU shares are of one CPU. */
export function renderHealth({ well, findings, init, cpu, limits, cannotPause, failedUnits }: GuestHealth): object {
  const { secondsBefore, seconds, spinning, busy, tasks = [] } = cpu;
  return {
    well,
    findings,
    init,
    cpu: { seconds_before: secondsBefore, seconds, spinning, busy_tasks: busy, tasks },
    limits,
    cannot_pause: cannotPause || null,
    failed_units: failedUnits,
  };
}
