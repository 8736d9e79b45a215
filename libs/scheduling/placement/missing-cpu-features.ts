import type { EntityManager } from 'typeorm';

/** Number of flags named for one host. */
const TOLD = 12;

/** Hosts that lack some of these features, with those that they lack. A host that has published none lacks all. */
export async function missingCpuFeatures(
  tx: EntityManager,
  wanted: readonly string[],
): Promise<ReadonlyMap<string, string[]>> {
  if (!wanted.length) return new Map();
  const rows = await tx.query<{ id: string; missing: string[] }[]>(
    `SELECT id, ARRAY(SELECT one FROM unnest($1::text[]) one WHERE NOT coalesce(facts -> 'cpuFeatures' ? one, false)
                      LIMIT ${TOLD}) AS missing
     FROM hosts WHERE role = 'compute' AND NOT coalesce(facts -> 'cpuFeatures' ?& $1::text[], false)`,
    [wanted],
  );
  return new Map(rows.map(({ id, missing }) => [id, missing]));
}
