import type { EntityManager } from 'typeorm';
import { cpuFlagOfTrait } from '#libs/common/traits';

const nameOf = (need: string): string => need.replace(/^!/, '');

/** Sets what concerns the hosts' processors apart: the view of the fleet does not have their flags. */
export function splitNeeds(needs: readonly string[]): { ofCpu: string[]; others: string[] } {
  const isOfCpu = (need: string) => cpuFlagOfTrait(nameOf(need)) !== undefined;
  return { ofCpu: needs.filter(isOfCpu), others: needs.filter((need) => !isOfCpu(need)) };
}

/** Hosts whose processor is not as demanded, with the demands that are not met. No query where nothing is demanded. */
export async function unmetOfCpu(tx: EntityManager, needs: readonly string[]): Promise<ReadonlyMap<string, string[]>> {
  if (!needs.length) return new Map();
  const rows = await tx.query<{ id: string; unmet: string[] }[]>(
    `SELECT h.id, array_agg(n.need) AS unmet
       FROM hosts h, unnest($1::text[], $2::text[], $3::boolean[]) AS n(need, flag, forbidden)
      WHERE h.role = 'compute' AND coalesce(h.facts -> 'cpuFeatures' ? n.flag, false) = n.forbidden
      GROUP BY h.id`,
    [needs, needs.map((need) => cpuFlagOfTrait(nameOf(need))), needs.map((need) => need.startsWith('!'))],
  );
  return new Map(rows.map(({ id, unmet }) => [id, unmet]));
}
