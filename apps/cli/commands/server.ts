import { Command } from 'commander';
import { Api } from '../client/api.js';
import { adminAccess } from '../fleet/access.js';
import { layoutOf, print } from './layout-of.js';

interface Verdict {
  possible: boolean;
  reasons: string[];
}

interface MobilityReport {
  live: Verdict;
  cold: Verdict;
  init: string | null;
  memory_bytes: number | null;
  targets: { host: string; live: Verdict; cold: Verdict }[];
}

/** `lxstack server`, with its subcommands. */
export function serverCommand(): Command {
  const mobility = new Command('mobility')
    .description('whether a server can be moved, live and cold, why not, and to which hosts')
    .argument('<id>', 'id of the server')
    .action(async (id: string, _options: object, command: Command) => {
      const api = new Api(await adminAccess(layoutOf(command)));
      const path = `/fleet/v1/instances/${encodeURIComponent(id)}/mobility`;
      for (const text of describe((await api.call<{ mobility: MobilityReport }>('GET', path)).mobility)) print(text);
    });
  return new Command('server').description('servers of the fleet').addCommand(mobility);
}

function describe({ live, cold, init, memory_bytes, targets }: MobilityReport): string[] {
  const memory = memory_bytes === null ? 'unknown' : `${Math.round(memory_bytes / 2 ** 20)} MiB`;
  return [
    `init: ${init ?? 'unknown'}, memory: ${memory}`,
    ...lines('live', live),
    ...lines('cold', cold),
    ...targets.flatMap((target) => lines(`live to ${target.host}`, target.live)),
  ];
}

const lines = (what: string, { possible, reasons }: Verdict): string[] =>
  possible ? [`${what}: yes`] : [`${what}: no`, ...reasons.map((reason) => `  ${reason}`)];
