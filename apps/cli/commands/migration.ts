import { Command } from 'commander';
import { Api } from '../client/api.js';
import { Events } from '../client/events.js';
import type { FleetEvent } from '../client/events.js';
import { adminAccess } from '../fleet/access.js';
import { layoutOf, print } from './layout-of.js';
import { healthLines } from './migration-health.js';
import { addProgress, renderProgress } from './migration-progress.js';
import type { Progress } from './migration-progress.js';

export interface ListedMigration {
  id: number;
  uuid: string;
  instance_uuid: string;
  migration_type: string;
  status: string;
  source_compute: string | null;
  dest_compute: string | null;
  created_at: string;
  updated_at: string;
}

const ended: readonly string[] = [
  'completed',
  'finished',
  'confirmed',
  'reverted',
  'cancelled',
  'failed',
  'error',
  'done',
];
const watchMs = 86_400_000;
/** Milliseconds between two redraws while no event comes. */
const clockMs = 500;

/** `lxstack migration`, with its subcommands. */
export function migrationCommand(): Command {
  const list = new Command('list')
    .description('the latest moves of servers, newest first')
    .option('--limit <n>', 'at most', '20')
    .action(async ({ limit }: { limit: string }, command: Command) => {
      const api = new Api(await adminAccess(layoutOf(command)));
      for (const one of await migrations(api, `limit=${encodeURIComponent(limit)}`)) print(lineOf(one));
    });
  const watch = new Command('watch')
    .description('follow a move until it has ended; the newest where none is named')
    .argument('[id]', "the migration's number or UUID")
    .option('--server <id>', 'the newest move of this server')
    .action(async (id: string | undefined, { server }: { server?: string }, command: Command) => {
      const access = await adminAccess(layoutOf(command));
      const api = new Api(access);
      const query = server ? `instance_uuid=${encodeURIComponent(server)}` : 'limit=1000';
      const found = (await migrations(api, query)).find((one) => !id || String(one.id) === id || one.uuid === id);
      if (!found) throw new Error('there is no such migration');
      const events = await Events.open(api, access);
      // The first event may take a while, so the move is shown at once.
      print(lineOf(found));
      try {
        const last = await follow(api, events, found);
        print(lineOf(last));
        for (const line of await healthLines(api, events, last)) print(line);
        if (['cancelled', 'failed', 'error'].includes(last.status)) process.exitCode = 1;
      } finally {
        events.close();
      }
    });
  return new Command('migration').description('moves of servers').addCommand(list).addCommand(watch);
}

/** Draws each event of the move; on a terminal over the line before. Returns the move as it ended. */
async function follow(api: Api, events: Events, migration: ListedMigration): Promise<ListedMigration> {
  let progress: Progress | undefined;
  const terminal = process.stdout.isTTY ? process.stdout : undefined;
  const draw = () => {
    if (!progress) return;
    if (terminal) terminal.write(`\r\x1b[K${renderProgress(progress, Date.now(), terminal.columns - 1)}`);
    else print(renderProgress(progress, Date.now()));
  };
  const forget = events.listen(({ type, id, data }: FleetEvent) => {
    if (type !== 'migration' || id !== migration.uuid || !('phase' in data)) return;
    progress = addProgress(progress, data, Date.now());
    draw();
  });
  const clock = terminal && setInterval(draw, clockMs);
  try {
    return await events.until(migration.instance_uuid, 'the end of the move', watchMs, async () => {
      const query = `instance_uuid=${migration.instance_uuid}`;
      const now = (await migrations(api, query)).find(({ uuid }) => uuid === migration.uuid);
      return now && ended.includes(now.status) ? now : undefined;
    });
  } finally {
    forget();
    clearInterval(clock);
    if (terminal && progress) terminal.write('\n');
  }
}

async function migrations(api: Api, query: string): Promise<ListedMigration[]> {
  const path = `/compute/v2.1/os-migrations?${query}`;
  return (await api.call<{ migrations: ListedMigration[] }>('GET', path)).migrations;
}

function lineOf(one: ListedMigration): string {
  const seconds = (Date.parse(one.updated_at) - Date.parse(one.created_at)) / 1000;
  const way = `${one.source_compute ?? '-'} -> ${one.dest_compute ?? '-'}`;
  return `${one.id} ${one.migration_type} of ${one.instance_uuid}, ${way}: ${one.status}, ${seconds.toFixed(1)} s`;
}
