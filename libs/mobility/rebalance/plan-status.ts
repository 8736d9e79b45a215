import type { Operation } from '#libs/operations/operation.entity';
import type { StoredPlan } from './stored-plan.entity.js';

export type PlanStatus = 'proposed' | 'scheduled' | 'applying' | 'done' | 'error' | 'cancelled';

/** The status, derived from the plan and its batch's operation: it is not stored, so it cannot contradict them. */
export function planStatus(
  plan: Pick<StoredPlan, 'cancelledAt' | 'scheduledAt'>,
  operation: Pick<Operation, 'state' | 'cancelRequested'> | null,
): PlanStatus {
  if (!operation) return plan.cancelledAt ? 'cancelled' : 'proposed';
  switch (operation.state) {
    case 'pending':
      if (operation.cancelRequested) return 'cancelled';
      return plan.scheduledAt ? 'scheduled' : 'applying';
    case 'running':
    case 'undoing':
      return 'applying';
    default:
      return operation.state;
  }
}
