import { readFile } from 'node:fs/promises';
import type { LostKind } from '#generated/lxstack/agent/v1/guest';
import type { Task } from '../checks/tasks.js';
import { orGone } from '../checks/tasks.js';
import { byKind } from '../losses/loss.js';

/** Kinds of ../WITNESSES.md by the first word of an order. */
const KINDS: Record<string, { kind: string; what: string }> = {
  affinity: { kind: 'affinity', what: 'may run on other processors' },
  'io-priority': { kind: 'io-priority', what: 'has the usual I/O priority again' },
  'timer-slack': { kind: 'timer-slack', what: 'has the usual timer slack again' },
  coredump: { kind: 'oom-score', what: 'has the usual coredump_filter again' },
  exclusive: { kind: 'pty-exclusive', what: 'its terminal may be opened by others again (TIOCEXCL)' },
  option: { kind: 'socket-options', what: 'an option of its socket is not what it was' },
  device: { kind: 'socket-options', what: 'an option of its socket is not what it was' },
  member: { kind: 'multicast', what: 'is in a multicast group no more' },
};

/** What the target could not put back, for the move's record. The tasks are those of the source, which stand still. */
export async function lostByTarget(notPut: readonly string[], tasks: readonly Task[]): Promise<LostKind[]> {
  if (!notPut.length) return [];
  const names = new Map<string, string>();
  for (const { pid, name } of tasks) {
    const status = await orGone(readFile(`/proc/${pid}/status`, 'utf8'));
    names.set(/^NSpid:.*\s(\d+)$/m.exec(status)?.[1] ?? '', name);
  }
  return byKind(
    notPut.flatMap((line) => {
      const [order, pid] = line.split(' ');
      const loss = KINDS[order ?? ''];
      return loss ? [{ ...loss, holder: names.get(pid ?? '') ?? `Process ${pid}` }] : [];
    }),
  );
}
