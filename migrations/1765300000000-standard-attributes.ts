import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = ['networks', 'subnets', 'ports', 'routers'];

/**
 * Tags and revision numbers of network resources. A trigger counts changes, because workers and raw SQL write these
 * rows too, and processes of the release before know nothing of the column.
 */
export class StandardAttributes1765300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE networks ALTER COLUMN name SET DEFAULT '';
      CREATE FUNCTION raise_revision() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NEW.revision_number := OLD.revision_number + 1;
        RETURN NEW;
      END $$;
    `);
    for (const table of TABLES)
      await runner.query(`
        ALTER TABLE ${table}
          ADD COLUMN tags text[] not null default '{}',
          ADD COLUMN revision_number int not null default 1;
        CREATE TRIGGER raise_revision BEFORE UPDATE ON ${table} FOR EACH ROW
          WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_revision();
      `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION raise_revision CASCADE');
    for (const table of TABLES)
      await runner.query(`ALTER TABLE ${table} DROP COLUMN tags, DROP COLUMN revision_number`);
    await runner.query('ALTER TABLE networks ALTER COLUMN name DROP DEFAULT');
  }
}
