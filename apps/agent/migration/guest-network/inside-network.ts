import { randomUUID } from 'node:crypto';
import { run } from '../../process/run.js';
import { MoveFailure } from '../move-failure.js';

/** Characters of all outputs together; `run` cuts what is longer. */
const MOST = 1 << 20;

/**
 * Output of each of these lines of shell, in the network namespace of process `initPid`: by one process, for to enter costs
 * as much as most of them. The first that fails rejects; more than MOST throws MoveFailure.
 */
export async function insideNetwork(initPid: number, lines: readonly string[]): Promise<string[]> {
  const mark = randomUUID();
  const script = lines.map((line) => `{ ${line}; }`).join(` && echo ${mark} && `);
  const shown = await run('nsenter', [`--net=/proc/${initPid}/ns/net`, 'sh', '-c', script]);
  if (shown.length >= MOST) throw new MoveFailure('freeze', "the instance's network is too large to be read");
  return shown.split(`${mark}\n`);
}
