import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `go_back_to_0_1_0` turned off a trigger that 1764770450000 has replaced. Sums go along in each write of a host's row since
 * then; the function writes the rows of hosts that send no heartbeats, too.
 */
export class GoingBackAtOnce1764779100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE OR REPLACE FUNCTION go_back_to_0_1_0() RETURNS void LANGUAGE sql
      AS 'UPDATE hosts SET updated_at = updated_at'`);
  }

  /** It does no harm to the schema before. */
  down(): Promise<void> {
    return Promise.resolve();
  }
}
