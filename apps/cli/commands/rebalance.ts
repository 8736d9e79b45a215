import { Command, InvalidArgumentError } from 'commander';
import { Api } from '../client/api.js';
import { Events } from '../client/events.js';
import { adminAccess } from '../fleet/access.js';
import { layoutOf, print } from './layout-of.js';

interface Plan {
  id: string;
  status: string;
  move_count: number;
  spread_before: number;
  spread_after: number;
  bytes: number;
  blackout_ms: number;
  longest_blackout_ms: number;
  reasons: string[];
  operation_id: string | null;
  failure: { message: string; details?: string[] } | null;
  scheduled_at: string | null;
  created_at: string;
  moves: { server: string; from: string; to: string; kind: string; bytes: number; blackout_ms: number }[];
}

const plansPath = '/fleet/v1/rebalance-plans';
/** A day: no plan begins moves for longer. */
const watchMs = 86_400_000;

/** `lxstack rebalance`, with its subcommands. */
export function rebalanceCommand(): Command {
  const rebalance = new Command('rebalance').description('even out the load of the hosts');
  for (const one of [planCommand(), applyCommand(), scheduleCommand(), listCommand(), cancelCommand()])
    rebalance.addCommand(one);
  return rebalance;
}

function planCommand(): Command {
  return new Command('plan')
    .description('print what would be moved and what that costs; nothing is moved')
    .option(
      '--threshold <load>',
      'leave the hosts alone where their spread is not above this (0 to 1)',
      parseNumber,
      0.05,
    )
    .option('--max-moves <n>', 'moves at most', parseNumber, 100)
    .option('--range', 'the spread is the fullest less the emptiest host, not the standard deviation')
    .option('--cold', 'move stopped servers, and running ones that cannot be moved live, cold')
    .action(
      async (options: { threshold: number; maxMoves: number; range?: boolean; cold?: boolean }, command: Command) => {
        const body = {
          threshold: options.threshold,
          max_moves: options.maxMoves,
          goal: options.range ? 'range' : 'deviation',
          kinds: options.cold ? ['live', 'cold'] : ['live'],
        };
        printPlan(await call(await apiOf(command), 'POST', '', body));
      },
    );
}

function applyCommand(): Command {
  return new Command('apply')
    .description('carry out a plan now')
    .argument('<id>')
    .option('--parallel <n>', 'moves at once', parseNumber, 1)
    .option('--watch', 'wait until it has ended; status 1 where moves failed')
    .action(async (id: string, options: { parallel: number; watch?: boolean }, command: Command) => {
      const access = await adminAccess(layoutOf(command));
      const api = new Api(access);
      const begun = await call(api, 'POST', `${pathOf(id)}/apply`, { parallel: options.parallel });
      print(lineOf(begun));
      if (!options.watch) return;
      const events = await Events.open(api, access);
      try {
        const ended = await events.until(begun.operation_id!, `plan ${id}`, watchMs, async () => {
          const plan = await call(api, 'GET', pathOf(id));
          return ['done', 'error', 'cancelled'].includes(plan.status) ? plan : undefined;
        });
        print(lineOf(ended));
        for (const line of ended.failure?.details ?? []) print(line);
        if (ended.status !== 'done') process.exitCode = 1;
      } finally {
        events.close();
      }
    });
}

function scheduleCommand(): Command {
  return new Command('schedule')
    .description('carry out a plan later')
    .argument('<id>')
    .requiredOption('--at <time>', 'such as 2026-01-31T02:00:00Z')
    .option('--parallel <n>', 'moves at once', parseNumber, 1)
    .action(async (id: string, { at, parallel }: { at: string; parallel: number }, command: Command) => {
      print(lineOf(await call(await apiOf(command), 'POST', `${pathOf(id)}/schedule`, { at, parallel })));
    });
}

function listCommand(): Command {
  return new Command('list').description('plans, newest first').action(async (_options: object, command: Command) => {
    const api = await apiOf(command);
    const { rebalance_plans: plans } = await api.call<{ rebalance_plans: Plan[] }>('GET', `${plansPath}?limit=100`);
    for (const plan of plans) print(lineOf(plan));
  });
}

function cancelCommand(): Command {
  return new Command('cancel')
    .description('a plan that waits never begins; of a plan under way no further move begins')
    .argument('<id>')
    .action(async (id: string, _options: object, command: Command) => {
      print(lineOf(await call(await apiOf(command), 'DELETE', pathOf(id))));
    });
}

async function apiOf(command: Command): Promise<Api> {
  return new Api(await adminAccess(layoutOf(command)));
}

async function call(api: Api, method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<Plan> {
  return (await api.call<{ rebalance_plan: Plan }>(method, `${plansPath}${path}`, body)).rebalance_plan;
}

function printPlan(plan: Plan): void {
  const rows = plan.moves.map(({ server, from, to, kind, bytes, blackout_ms }) => [
    ...[server, from, to, kind, mebibytes(bytes)],
    `${blackout_ms} ms`,
  ]);
  if (rows.length) printTable([['SERVER', 'FROM', 'TO', 'KIND', 'DATA', 'BLACKOUT'], ...rows]);
  print(lineOf(plan));
  for (const reason of plan.reasons) print(reason);
}

function printTable(rows: string[][]): void {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows)
    print(
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
}

function lineOf(plan: Plan): string {
  const spread = `spread ${plan.spread_before.toFixed(4)} -> ${plan.spread_after.toFixed(4)}`;
  const blackout = `blackout ${plan.blackout_ms} ms, longest ${plan.longest_blackout_ms} ms`;
  const at = plan.scheduled_at ? ` for ${plan.scheduled_at}` : '';
  return `${plan.id} ${plan.status}${at}: ${plan.move_count} moves, ${mebibytes(plan.bytes)}, ${blackout}, ${spread}`;
}

const mebibytes = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
const pathOf = (id: string) => `/${encodeURIComponent(id)}`;

function parseNumber(text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number < 0) throw new InvalidArgumentError('a number, 0 or more');
  return number;
}
