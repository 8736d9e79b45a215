import type { EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';

/** Texts by entity: made once, and then the same text is prepared once. */
const statements = new WeakMap<object, string>();

/** Rows as the parameter of `insertStatement`. */
export function rowsParameter<Entity extends ObjectLiteral>(
  tx: EntityManager,
  target: EntityTarget<Entity>,
  rows: readonly Entity[],
): string {
  const { columns } = tx.connection.getMetadata(target);
  return JSON.stringify(
    rows.map((row) => Object.fromEntries(columns.map((column) => [column.databaseName, row[column.propertyName]]))),
  );
}

/**
 * SQL that inserts the rows of $1 (`rowsParameter`), however many. Columns have no defaults here: what is left out is null, but
 * for `createdAt` and `updatedAt`, which are now(), and a version, which is 1.
 */
export function insertStatement(tx: EntityManager, target: EntityTarget<ObjectLiteral>): string {
  const metadata = tx.connection.getMetadata(target);
  const known = statements.get(metadata);
  if (known) return known;
  const names = metadata.columns.map(({ databaseName }) => `"${databaseName}"`);
  const values = metadata.columns.map(({ databaseName, isCreateDate, isUpdateDate, isVersion }) => {
    if (isVersion) return '1';
    return isCreateDate || isUpdateDate ? `coalesce(r."${databaseName}", now())` : `r."${databaseName}"`;
  });
  const statement = `
    INSERT INTO "${metadata.tableName}" (${names.join(', ')})
    SELECT ${values.join(', ')} FROM jsonb_populate_recordset(NULL::"${metadata.tableName}", $1::jsonb) r`;
  statements.set(metadata, statement);
  return statement;
}
