import type { EntityManager } from 'typeorm';
import { SHARED_ID_RANGE } from '#libs/agent-protocol/shared-id-range';
import { lock } from '#libs/database/advisory-locks';
import { IdRangeError } from '../instance.errors.js';

/**
 * Instances get ranges of their own between these two ids (LXD takes the ids that its installation gives root in
 * /etc/subuid).
 */
const LOWEST = SHARED_ID_RANGE.base + SHARED_ID_RANGE.size;
const BEYOND = 1_001_000_000;
/** An image has users up to `nobody`, 65534: a smaller range could not hold them. */
const SMALLEST = 65_536;
/** A base that somebody names must lie above the ids of the host's own users. */
const LOWEST_EXPLICIT = 100_000;

/** A range of host ids that an instance is to have. `base` null: `assignRange` looks for a free one. */
export interface WantedRange {
  base: number | null;
  size: number;
}

/**
 * LXD: security.idmap.isolated, security.idmap.size, security.idmap.base (which implies isolated). Null: the instance
 * uses the shared range. Throws IdRangeError that names the key.
 */
export function wantedRange(config: Readonly<Record<string, string>>): WantedRange | null {
  const isolated = config['security.idmap.isolated'] ?? 'false';
  if (isolated !== 'true' && isolated !== 'false') throw wrong('isolated', 'true or false');
  const base = number(config, 'base', LOWEST_EXPLICIT);
  const size = number(config, 'size', SMALLEST);
  if (isolated === 'false' && base === null) {
    if (size !== null) throw wrong('size', 'left out where security.idmap.isolated is not true');
    return null;
  }
  if (config['security.privileged'] === 'true')
    throw wrong('isolated', "false for a privileged instance: its ids are the host's");
  return { base, size: size ?? SMALLEST };
}

/**
 * Gives the instance its range in the caller's transaction, and holds back others who want one until that ends.
 * Throws IdRangeError where the range is taken or none is free.
 */
export async function assignRange(tx: EntityManager, instanceId: string, wanted: WantedRange): Promise<void> {
  await lock(tx, 'idRanges');
  const base =
    wanted.base === null ? await firstFree(tx, wanted.size) : await requireFree(tx, wanted.base, wanted.size);
  await tx.query('UPDATE instances SET idmap_base = $2, idmap_size = $3 WHERE id = $1', [
    instanceId,
    base,
    wanted.size,
  ]);
}

const USED = `SELECT idmap_base::bigint AS base, idmap_base::bigint + idmap_size AS beyond FROM instances
  WHERE idmap_base IS NOT NULL AND deleted_at IS NULL`;

async function firstFree(tx: EntityManager, size: number): Promise<number> {
  const [found] = await tx.query<{ base: string }[]>(
    `WITH used AS (SELECT $1::bigint AS base, $1::bigint AS beyond UNION ALL
                   SELECT * FROM (${USED}) u WHERE beyond > $1 AND base < $2),
          gaps AS (SELECT beyond AS base, lead(base, 1, $2::bigint) OVER (ORDER BY base, beyond) - beyond AS room FROM used)
     SELECT base FROM gaps WHERE room >= $3 ORDER BY base LIMIT 1`,
    [LOWEST, BEYOND, size],
  );
  if (!found) throw wrong('size', `at most what is left: no ${size} ids in a row are free`);
  return Number(found.base);
}

async function requireFree(tx: EntityManager, base: number, size: number): Promise<number> {
  const [taken] = await tx.query<unknown[]>(`SELECT 1 FROM (${USED}) u WHERE base < $2 AND beyond > $1 LIMIT 1`, [
    base,
    base + size,
  ]);
  const shared = base < LOWEST && base + size > SHARED_ID_RANGE.base;
  if (taken || shared) throw wrong('base', `a range that is free: ${base} to ${base + size - 1} overlaps another`);
  return base;
}

/** Null where the key is not set. Throws IdRangeError. */
function number(config: Readonly<Record<string, string>>, key: 'base' | 'size', least: number): number | null {
  const value = config[`security.idmap.${key}`];
  if (value === undefined || value === '') return null;
  const found = /^\d{1,10}$/.test(value) ? Number(value) : NaN;
  if (!(found >= least && found < BEYOND)) throw wrong(key, `a number from ${least} to ${BEYOND - 1}`);
  return found;
}

const wrong = (key: string, expected: string) => new IdRangeError(key, expected);
