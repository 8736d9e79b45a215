import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Pools of prefixes, and which pool a subnet has its own from. */
export class SubnetPools1765320000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE subnet_pools (
        id uuid primary key,
        name text not null default '',
        description text not null default '',
        project_id text not null,
        tags text[] not null default '{}',
        revision_number int not null default 1,
        ip_version int not null,
        prefixes text[] not null,
        default_prefix int not null,
        min_prefix int not null,
        max_prefix int not null,
        default_quota int,
        shared boolean not null default false,
        is_default boolean not null default false,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      );
      CREATE INDEX subnet_pools_of_project ON subnet_pools (project_id, created_at);
      CREATE TRIGGER raise_revision BEFORE UPDATE ON subnet_pools FOR EACH ROW
        WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_revision();
      ALTER TABLE subnets ADD COLUMN subnetpool_id uuid;
      CREATE INDEX subnets_of_pool ON subnets (subnetpool_id) WHERE subnetpool_id IS NOT NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE subnets DROP COLUMN subnetpool_id; DROP TABLE subnet_pools');
  }
}
