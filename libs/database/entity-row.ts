import type { EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';

type Reader = (row: Record<string, unknown>) => ObjectLiteral;

const readers = new WeakMap<object, Reader>();

/** The entity that a row of `SELECT *` is: what TypeORM makes of it, without a query built and an alias for each column. */
export function entityOf<Entity extends ObjectLiteral>(
  tx: EntityManager,
  target: EntityTarget<Entity>,
  row: Record<string, unknown>,
): Entity {
  const metadata = tx.connection.getMetadata(target);
  let reader = readers.get(metadata);
  if (!reader) readers.set(metadata, (reader = readerOf(tx, target)));
  return reader(row) as Entity;
}

function readerOf(tx: EntityManager, target: EntityTarget<ObjectLiteral>): Reader {
  const metadata = tx.connection.getMetadata(target);
  const columns = metadata.columns.map(({ databaseName, propertyName, transformer }) => {
    const from = [transformer ?? []].flat().map((one) => (value: unknown) => one.from(value) as unknown);
    return { databaseName, propertyName, from };
  });
  return (row) => {
    const entity = metadata.create() as ObjectLiteral;
    for (const { databaseName, propertyName, from } of columns)
      entity[propertyName] = from.reduce((value, one) => one(value), row[databaseName]);
    return entity;
  };
}
