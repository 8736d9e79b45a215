import type { PlanView } from '#libs/mobility/rebalance/rebalance-plans.service';
import type { PlannedMove } from '#libs/scheduling/rebalance/plan';

/** A plan with its moves. */
export function renderPlan(view: PlanView): object {
  return { ...renderPlanSummary(view), moves: view.stored.plan.moves.map(renderMove) };
}

/** An entry of the list. */
export function renderPlanSummary({ stored, status, operation }: PlanView) {
  const { id, settings, plan, scheduledAt, createdAt, batchId } = stored;
  const { cost, spreadBefore, spreadAfter, end, reasons, moves } = plan;
  return {
    id,
    status,
    goal: settings.goal,
    threshold: settings.threshold,
    kinds: settings.kinds,
    move_count: moves.length,
    spread_before: spreadBefore,
    spread_after: spreadAfter,
    bytes: cost.bytes,
    blackout_ms: cost.blackoutMs,
    longest_blackout_ms: cost.longestBlackoutMs,
    end,
    reasons,
    batch_id: batchId,
    operation_id: operation?.id ?? null,
    failure: operation?.failure ?? null,
    scheduled_at: scheduledAt,
    created_at: createdAt,
  };
}

function renderMove({ instanceId, instance, from, to, kind, cost, spreadAfter }: PlannedMove): object {
  return {
    server_id: instanceId,
    server: instance,
    from,
    to,
    kind,
    bytes: cost.bytes,
    blackout_ms: cost.blackoutMs,
    spread_after: spreadAfter,
  };
}
