import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Fails a statement, and with it its transaction, where what it requires does not hold: for statements that a process sends
 * together with the commit, before it has seen an answer (libs/database/requirement.ts).
 */
export class Requirements1765030000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION lxstack_require(held boolean, name text, detail text, code text) RETURNS boolean
      LANGUAGE plpgsql AS $$
      BEGIN
        IF held IS NOT TRUE THEN
          RAISE EXCEPTION 'required: %', name USING ERRCODE = code, DETAIL = coalesce(detail, '');
        END IF;
        RETURN true;
      END $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION lxstack_require');
  }
}
