import type { MigrationView } from '#libs/mobility/migrations/migration-list';
import type { Microversion } from '../http/microversion.js';
import { renderTime } from '../http/times.js';

/** Nova API: a migration of GET /os-migrations. */
export function renderMigration(view: MigrationView, version: Microversion) {
  return {
    ...renderEnds(view),
    id: view.id,
    instance_uuid: view.instanceId,
    new_instance_type_id: view.newFlavorId,
    old_instance_type_id: view.oldFlavorId,
    status: view.status,
    created_at: renderTime(view.createdAt, 'micro'),
    updated_at: renderTime(view.updatedAt, 'micro'),
    ...(version >= 23 && { migration_type: view.migrationType }),
    ...(version >= 59 && { uuid: view.uuid }),
    ...(version >= 80 && { project_id: view.projectId, user_id: view.userId }),
  };
}

/** Nova API: a live migration in progress, of GET /servers/{id}/migrations. */
export function renderServerMigration(view: MigrationView, version: Microversion) {
  return {
    ...renderEnds(view),
    id: view.id,
    server_uuid: view.instanceId,
    status: view.status,
    created_at: renderTime(view.createdAt, 'micro'),
    updated_at: renderTime(view.updatedAt, 'micro'),
    memory_total_bytes: view.memoryBytesTotal,
    memory_processed_bytes: view.memoryBytesProcessed,
    memory_remaining_bytes: Math.max(0, view.memoryBytesTotal - view.memoryBytesProcessed),
    disk_total_bytes: view.diskBytesTotal,
    disk_processed_bytes: view.diskBytesProcessed,
    disk_remaining_bytes: Math.max(0, view.diskBytesTotal - view.diskBytesProcessed),
    ...(version >= 59 && { uuid: view.uuid }),
    ...(version >= 80 && { project_id: view.projectId, user_id: view.userId }),
  };
}

/** A host has one node: itself. */
function renderEnds({ sourceHost, destHost, destVtep }: MigrationView) {
  return {
    source_compute: sourceHost,
    source_node: sourceHost,
    dest_compute: destHost,
    dest_node: destHost,
    dest_host: destVtep,
  };
}
