import type { Api } from '../client/api.js';
import type { Events, FleetEvent } from '../client/events.js';

/** How a guest did some seconds after its move, as the fleet's API shows it; null: its host could not tell. */
interface Health {
  well: boolean | null;
  findings: string[];
}

/** A kind of kernel object that did not go along, or not as it was. */
interface Lost {
  what: string;
  holders: string[];
  count: number;
}

interface Shown {
  health?: Health | null;
  /** An API of v0.2 does not tell. */
  lost?: Lost[];
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

/** What did not go along, and what the look at the guest has found. Waits for it where a live move has just ended. Nothing where there was none. */
export async function healthLines(api: Api, events: Events, move: Ended): Promise<string[]> {
  if (!['completed', 'finished', 'confirmed', 'done'].includes(move.status)) return [];
  const show = async () => (await api.call<{ migration: Shown }>('GET', `/fleet/v1/migrations/${move.uuid}`)).migration;
  try {
    const isNew = move.migration_type === 'live-migration' && Date.now() - Date.parse(move.updated_at) < LOOK_MS;
    const { health, lost } = isNew ? await afterTheLook(events, move, show) : await show();
    return [...renderLost(lost ?? []), ...renderHealth(health)];
  } catch {
    return []; // the move is what was followed, and its end has been told
  }
}

/** Null where the host could not tell. */
async function afterTheLook(events: Events, move: Ended, show: () => Promise<Shown>): Promise<Shown> {
  let looked = false;
  const forget = events.listen(({ type, id, data }: FleetEvent) => {
    looked ||= type === 'migration' && id === move.uuid && 'health' in data;
  });
  try {
    return await events.until(move.instance_uuid, 'the look at the guest', LOOK_MS, async () => {
      const shown = await show();
      return shown.health || looked ? shown : undefined;
    });
  } finally {
    forget();
  }
}

/** Lines about a move's guest for `migration watch`; none where nobody has looked yet. */
export function renderHealth(health: Health | null | undefined): string[] {
  if (!health) return [];
  if (health.well) return ['guest: well'];
  const head = health.well === false ? 'guest: not well' : 'guest: not looked at to the end';
  return [head, ...health.findings.map((finding) => `  ${finding}`)];
}

/** Lines about the kernel objects that a move did not carry, with who held them. */
export function renderLost(lost: readonly Lost[]): string[] {
  const of = ({ holders, count }: Lost) =>
    holders.length
      ? `${holders.join(', ')}${count > holders.length ? ` and ${count - holders.length} more` : ''}: `
      : '';
  return lost.map((one) => `not carried: ${of(one)}${one.what}`);
}
