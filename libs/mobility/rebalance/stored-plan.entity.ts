import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Timestamps } from '#libs/database/columns';
import type { RebalancePlan, RebalanceSettings } from '#libs/scheduling/rebalance/plan';

/** A plan as it was made. Its batch says what has become of the moves (plan-status.ts). */
@Entity('rebalance_plans')
export class StoredPlan extends Timestamps {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'jsonb' })
  settings: RebalanceSettings;

  @Column({ type: 'jsonb' })
  plan: RebalancePlan;

  /** Null until the plan is applied or scheduled. */
  @Column({ type: 'uuid', name: 'batch_id', nullable: true })
  batchId: string | null;

  /** When the moves begin; null where they began at once. */
  @Column({ type: 'timestamptz', name: 'scheduled_at', nullable: true })
  scheduledAt: Date | null;

  @Column({ type: 'timestamptz', name: 'cancelled_at', nullable: true })
  cancelledAt: Date | null;
}
