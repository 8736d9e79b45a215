import type { DataSource } from 'typeorm';
import { LOCKS } from './advisory-locks.js';
import { sleep } from '#libs/common/clock';
import { isDatabaseAway } from './transient-errors.js';

/** Runs the migrations that are missing. Processes that start at the same time wait for each other (advisory lock). */
export async function migrateSchema(dataSource: DataSource): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [LOCKS.migrations]);
    try {
      await dataSource.runMigrations();
    } finally {
      await runner.query('SELECT pg_advisory_unlock($1)', [LOCKS.migrations]);
    }
  } finally {
    await runner.release();
  }
}

/** Waits until another process has run the migrations: for processes that do not run them. */
export async function waitForSchema(dataSource: DataSource, signal?: AbortSignal): Promise<void> {
  while (await dataSource.showMigrations()) await sleep(200, signal);
}

/** Connects, and waits up to `timeoutMs` for a database that is still starting. Throws the last error. */
export async function connect(dataSource: DataSource, timeoutMs = 60_000): Promise<DataSource> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await dataSource.initialize();
    } catch (error) {
      if (Date.now() > end || !isDatabaseAway(error)) throw error;
      await sleep(250);
    }
  }
}
