import { readFile } from 'node:fs/promises';
import { sleep } from '#libs/common/clock';
import { MoveFailure } from '../move-failure.js';

/** TCP of one network namespace that is not established yet. CRIU leaves the first two out of its images. */
export interface InFlight {
  /** Ports with connections that their program has not accepted yet, and how many. */
  waiting: Map<number, number>;
  /** Connections whose handshake is not over. */
  halfMade: number;
  /** Sockets whose request for a connection has not been answered. */
  asking: number;
  /** Connections of the namespace to itself with data that the other end has not taken. */
  unsent: number;
}

const SYN_SENT = '02';
const LISTEN = '0A';
const SYN_RECV = '03';
const PATIENCE_MS = 500;
const STEP_MS = 5;

/**
 * Resolves when no TCP connection waits to be accepted and no handshake is under way in the namespace of process `initPid`.
 * CRIU leaves such connections out (`--skip-in-flight`), and their peers would wait for ever. Throws MoveFailure when a
 * program does not accept in time; gives up on a handshake that the peer does not finish.
 */
export async function allAccepted(initPid: number): Promise<void> {
  for (const until = Date.now() + PATIENCE_MS; ; await sleep(STEP_MS)) {
    const { waiting, halfMade } = await inFlight(initPid);
    if (!waiting.size && (!halfMade || Date.now() > until)) return;
    if (Date.now() > until) throw new MoveFailure('freeze', inWords(waiting));
  }
}

/**
 * Connections that are neither refused nor accepted yet, IPv4 and IPv6, in the network namespace of process `initPid`.
 */
export async function inFlight(initPid: number): Promise<InFlight> {
  const [v4, v6] = await Promise.all(['tcp', 'tcp6'].map((file) => readFile(`/proc/${initPid}/net/${file}`, 'utf8')));
  return inFlightOf(`${v4}\n${v6}`);
}

/** From the lines of /proc/net/tcp and tcp6, where a listener's receive queue is its number of connections. */
export function inFlightOf(lines: string): InFlight {
  const found: InFlight = { waiting: new Map(), halfMade: 0, asking: 0, unsent: unsentToItself(lines) };
  for (const [, port, state, queue] of lines.matchAll(
    /^ *\d+: [\dA-F]+:([\dA-F]{4}) \S+ (0A|03|02) [\dA-F]+:([\dA-F]+)/gm,
  )) {
    const [number, count] = [Number.parseInt(port!, 16), Number.parseInt(queue!, 16)];
    if (state === SYN_SENT) found.asking++;
    if (state === SYN_RECV) found.halfMade++;
    if (state === LISTEN && count) found.waiting.set(number, (found.waiting.get(number) ?? 0) + count);
  }
  return found;
}

/** Such data is sent when the socket is restored; a segment that comes before its receiver is would be answered with a reset. */
function unsentToItself(lines: string): number {
  const rows = [...lines.matchAll(/^ *\d+: ([\dA-F]+:[\dA-F]{4}) ([\dA-F]+:[\dA-F]{4}) \S\S ([\dA-F]{8}):/gm)];
  const ends = new Set(rows.map(([, local, remote]) => `${local} ${remote}`));
  return rows.filter(([, local, remote, queue]) => Number.parseInt(queue!, 16) && ends.has(`${remote} ${local}`))
    .length;
}

function inWords(waiting: ReadonlyMap<number, number>): string {
  const ports = [...waiting].map(([port, count]) => `${count} at port ${port}`).join(', ');
  return `TCP connections wait to be accepted, which CRIU cannot carry (${ports}): let the program accept them or end it.`;
}
