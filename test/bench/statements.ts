import type { DataSource } from 'typeorm';
import type { Layout } from '#apps/cli/fleet/layout';
import { databaseUrl } from '#apps/cli/services/postgres';
import { createDataSource } from '#libs/database/data-source';
import { connect } from '#libs/database/schema';

/** Of the deployment's database; what this class asks itself is in another one. BEGIN and COMMIT are statements too. */
const EXECUTED = `
  SELECT coalesce(sum(calls), 0)::float8 AS executed FROM pg_stat_statements
  WHERE dbid = (SELECT oid FROM pg_database WHERE datname = 'lxstack')`;

/** Counts the statements that a deployment's PostgreSQL has executed, whoever sent them. */
export class Statements {
  private constructor(private readonly database: DataSource) {}

  static async of(layout: Layout): Promise<Statements> {
    const url = databaseUrl(layout, 'postgres');
    return new Statements(await connect(await createDataSource({ url, poolSize: 1 })));
  }

  async executed(): Promise<number> {
    const [row] = await this.database.query<{ executed: number }[]>(EXECUTED);
    return row.executed;
  }

  close(): Promise<void> {
    return this.database.destroy();
  }
}
