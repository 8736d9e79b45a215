import type { Api } from '../client/api.js';
import type { Events, FleetEvent } from '../client/events.js';

/** How a guest did some seconds after its move, as the fleet's API shows it; null: its host could not tell. */
interface Health {
  well: boolean | null;
  findings: string[];
}

interface Ended {
  uuid: string;
  instance_uuid: string;
  migration_type: string;
  status: string;
  updated_at: string;
}

/** The look follows a live move by some seconds; on a busy host by some more. */
const LOOK_MS = 30_000;

/** What the look at the guest has found. Waits for it where a live move has just ended. Nothing where there was none. */
export async function healthLines(api: Api, events: Events, move: Ended): Promise<string[]> {
  if (!['completed', 'finished', 'confirmed', 'done'].includes(move.status)) return [];
  const show = async () =>
    (await api.call<{ migration: { health?: Health | null } }>('GET', `/fleet/v1/migrations/${move.uuid}`)).migration
      .health;
  try {
    const isNew = move.migration_type === 'live-migration' && Date.now() - Date.parse(move.updated_at) < LOOK_MS;
    return renderHealth(isNew ? await afterTheLook(events, move, show) : await show());
  } catch {
    return []; // the move is what was followed, and its end has been told
  }
}

/** Null where the host could not tell. */
async function afterTheLook(events: Events, move: Ended, show: () => Promise<Health | null | undefined>) {
  let looked = false;
  const forget = events.listen(({ type, id, data }: FleetEvent) => {
    looked ||= type === 'migration' && id === move.uuid && 'health' in data;
  });
  try {
    const found = await events.until(move.instance_uuid, 'the look at the guest', LOOK_MS, async () => {
      const health = await show();
      return health || looked ? { health } : undefined;
    });
    return found.health;
  } finally {
    forget();
  }
}

export function renderHealth(health: Health | null | undefined): string[] {
  if (!health) return [];
  if (health.well) return ['guest: well'];
  const head = health.well === false ? 'guest: not well' : 'guest: not looked at to the end';
  return [head, ...health.findings.map((finding) => `  ${finding}`)];
}
