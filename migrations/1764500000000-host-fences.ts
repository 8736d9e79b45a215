import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What agents have promised to do to marked instances when their host's lease ends. */
export class HostFences1764500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE host_fences');
  }
}

const TABLE = `
  CREATE TABLE host_fences (
    host_id uuid primary key,
    stop_seconds integer not null,
    instance_ids uuid[] not null
  );
`;
