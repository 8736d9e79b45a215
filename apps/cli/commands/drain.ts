import { Command, InvalidArgumentError } from 'commander';
import { Api } from '../client/api.js';
import { Events } from '../client/events.js';
import { adminAccess } from '../fleet/access.js';
import { layoutOf, print } from './layout-of.js';

interface Drain {
  host_id: string;
  operation_id: string;
  state: 'pending' | 'running' | 'undoing' | 'done' | 'error' | 'cancelled';
  total: number;
  done: number;
  running: number;
  failed: number;
  cancelled: number;
  bytes: number;
  eta_seconds: number | null;
  items: { server_id: string; status: string; reason: string | null }[];
}

interface DrainOptions {
  parallel: number;
  allowCold?: boolean;
  cold?: boolean;
  resume?: boolean;
  watch?: boolean;
}

/** A day: no drain begins moves for longer. */
const watchMs = 86_400_000;

/** `lxstack host drain`. */
export function drainCommand(): Command {
  return new Command('drain')
    .description('empty a host: it takes nothing new, and its servers are moved away')
    .argument('<name>')
    .option('--parallel <n>', 'moves at once', parseCount, 2)
    .option('--allow-cold', 'stop and start what cannot be moved live; otherwise it stays, with the reason')
    .option('--cold', 'stop and start every running server')
    .option('--resume', 'go on with what a failed or aborted drain left')
    .option('--watch', 'print the progress until it has ended; status 1 where servers are left')
    .action(async (name: string, options: DrainOptions, command: Command) => {
      const access = await adminAccess(layoutOf(command));
      const api = new Api(access);
      const { parallel, allowCold, cold, resume } = options;
      const body = { parallel, live: cold ? 'never' : allowCold ? 'prefer' : 'require' };
      const begun = resume
        ? await api.call<{ drain: Drain }>('POST', `${pathOf(name)}/resume`, {})
        : await api.call<{ drain: Drain }>('POST', pathOf(name), body);
      print(lineOf(begun.drain));
      if (!options.watch) return;
      const events = await Events.open(api, access);
      try {
        const ended = await watch(api, events, name);
        for (const { server_id, status, reason } of ended.items)
          if (status !== 'done') print(`${server_id} ${status}: ${reason ?? ''}`);
        if (ended.state !== 'done') process.exitCode = 1;
      } finally {
        events.close();
      }
    });
}

/** `lxstack host abort-drain`. */
export function abortDrainCommand(): Command {
  return new Command('abort-drain')
    .description('stop a drain: running moves are taken back where they can be, no other begins')
    .argument('<name>')
    .action(async (name: string, _options: object, command: Command) => {
      const api = new Api(await adminAccess(layoutOf(command)));
      print(lineOf((await api.call<{ drain: Drain }>('DELETE', pathOf(name))).drain));
    });
}

/** Prints a line whenever the counts change; returns the drain as it ended. */
async function watch(api: Api, events: Events, name: string): Promise<Drain> {
  let shown = '';
  const begun = await api.call<{ drain: Drain }>('GET', pathOf(name));
  return events.until(begun.drain.operation_id, `drain of ${name}`, watchMs, async () => {
    const { drain } = await api.call<{ drain: Drain }>('GET', pathOf(name));
    const line = lineOf(drain);
    if (line !== shown) print(line);
    shown = line;
    return ['done', 'error', 'cancelled'].includes(drain.state) ? drain : undefined;
  });
}

function lineOf({ state, total, done, running, failed, cancelled, bytes, eta_seconds }: Drain): string {
  const eta = eta_seconds === null ? 'unknown' : `${eta_seconds} s`;
  const counts = `${done} of ${total} done, ${running} running, ${failed} failed, ${cancelled} cancelled`;
  return `${state}: ${counts}, ${(bytes / 1024 ** 2).toFixed(1)} MiB, time left ${eta}`;
}

function pathOf(host: string): string {
  return `/fleet/v1/hosts/${encodeURIComponent(host)}/drain`;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 16) throw new InvalidArgumentError('a number from 1 to 16');
  return count;
}
