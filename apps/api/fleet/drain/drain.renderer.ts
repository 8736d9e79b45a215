import type { MoveBatchItem } from '#libs/mobility/batches/move-batch.entity';
import type { DrainView } from '#libs/mobility/drain/drains.service';

/** A drain with one page of its moves. */
export function renderDrain({ batch, operation, counts, etaSeconds, items }: DrainView): object {
  const { meanSeconds, ...numbers } = counts;
  const { id, hostId, live, parallel } = batch;
  return {
    id,
    host_id: hostId,
    operation_id: operation.id,
    state: operation.state,
    failure: operation.failure,
    live,
    parallel,
    ...numbers,
    remaining: counts.total - counts.done,
    mean_seconds: meanSeconds,
    eta_seconds: etaSeconds,
    items: items.map(renderItem),
  };
}

function renderItem(item: MoveBatchItem): object {
  return {
    server_id: item.instanceId,
    action: item.action,
    status: item.status,
    migration_uuid: item.migrationUuid,
    reason: item.reason,
    bytes: item.bytes,
    started_at: item.startedAt,
    finished_at: item.finishedAt,
  };
}
