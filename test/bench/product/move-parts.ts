import pg from 'pg';
import type { Series } from '../report.js';

const PARTS: Record<string, string> = {
  freeze: 'lxc-checkpoint to NIC cut (mostly running)',
  dump: 'NIC cut, dump',
  disk_delta: 'NIC cut to the last disk pass sent (beside the dump)',
  transfer: 'rest of images sent',
  restore: 'restore',
};

/**
 * How long each part of a server's moves took, as the source reported it at the commit. `gaps`: what the client saw of
 * each move; the rest of a gap is commit, network, resume and the first answer's way.
 */
export async function moveParts(databaseUrl: string, serverId: string, gaps: readonly number[]): Promise<Series[]> {
  const moves = await timings(databaseUrl, serverId);
  const parts = Object.entries(PARTS).map(([key, name]) => ({ name, values: moves.map((move) => move[key] ?? 0) }));
  const told = (move: Record<string, number>) => (move.dump ?? 0) + (move.transfer ?? 0) + (move.restore ?? 0);
  const rest = moves.slice(0, gaps.length).map((move, i) => gaps[i] - told(move));
  return [...parts, { name: 'commit, network, resume', values: rest }];
}

async function timings(databaseUrl: string, serverId: string): Promise<Record<string, number>[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ timings_ms: Record<string, number> }>(
      `SELECT timings_ms FROM migrations WHERE instance_id = $1 AND status = 'completed' ORDER BY id`,
      [serverId],
    );
    return rows.map((row) => row.timings_ms);
  } finally {
    await client.end();
  }
}
