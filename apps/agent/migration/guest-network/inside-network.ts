import { randomUUID } from 'node:crypto';
import { run } from '../../process/run.js';
import { MoveFailure } from '../move-failure.js';

/** Characters of all outputs together; `run` cuts what is longer. */
const MOST = 1 << 20;

/**
 * Runs lines of shell in the network namespace of process `initPid` and resolves with the output of each. One process runs
 * all, because entering a namespace costs as much as most lines. Rejects when one fails; more than MOST throws MoveFailure.
 */
export async function insideNetwork(initPid: number, lines: readonly string[]): Promise<string[]> {
  const mark = randomUUID();
  const script = lines.map((line) => `{ ${line}; }`).join(` && echo ${mark} && `);
  const shown = await run('nsenter', [`--net=/proc/${initPid}/ns/net`, 'sh', '-c', script]);
  if (shown.length >= MOST) throw new MoveFailure('freeze', "the instance's network is too large to be read");
  return shown.split(`${mark}\n`);
}
