import { join } from 'node:path';
import { run } from '../../process/run.js';
import type { HeldFiles } from '../checks/held-files.js';
import { ArmedScript } from '../criu/armed-script.js';
import { scriptsDirectory } from '../move-directory.js';

const SCRIPT = 'kept-objects';
const TERMINAL = /^\/dev\/(ptmx|pts\/|tty)/;

/**
 * Before the freeze: what CRIU does not restore of tasks, terminals and sockets, as orders for `putKept`: processors and
 * priorities, TIOCEXCL, options, memberships of multicast groups. Changes nothing.
 */
export async function readKept(initPid: number, held: readonly HeldFiles[]): Promise<string[]> {
  const sockets = new Set<string>();
  const lines = held.flatMap(({ task: { pid }, files }) => [
    `process ${pid}`,
    ...files.flatMap(({ fd, link }) => {
      if (TERMINAL.test(link)) return [`tty ${pid} ${fd}`];
      if (!link.startsWith('socket:') || sockets.has(link)) return [];
      sockets.add(link); // one that several have is one
      return [`socket ${pid} ${fd}`];
    }),
  ]);
  const script = join(scriptsDirectory, SCRIPT);
  return linesOf(await run('nsenter', [`--net=/proc/${initPid}/ns/net`, script, 'read'], asInput(lines)));
}

/** Before the freeze, for `putKept`. */
export const armPutting = (): ArmedScript => new ArmedScript(SCRIPT, ['put']);

/**
 * While the restored tasks stand still; `script` is from `armPutting`. Resolves with the orders that could not be done, each with
 * the reason.
 */
export async function putKept(script: ArmedScript, initPid: number, orders: readonly string[]): Promise<string[]> {
  return orders.length ? script.run(initPid, orders) : [];
}

const asInput = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
const linesOf = (text: string): string[] => text.split('\n').filter(Boolean);
