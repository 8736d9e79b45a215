import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Plans that even out the fleet; their moves are carried out as a batch. */
export class RebalancePlans1764200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE rebalance_plans');
  }
}

const TABLE = `
  CREATE TABLE rebalance_plans (
    id uuid primary key,
    settings jsonb not null,
    plan jsonb not null,
    batch_id uuid,
    scheduled_at timestamptz,
    cancelled_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );
  -- mobility: plans, newest first
  CREATE INDEX rebalance_plans_newest ON rebalance_plans (created_at DESC, id DESC);
`;
