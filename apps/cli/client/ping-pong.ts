import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { parseArgs } from 'node:util';

/** What the client saw on one TCP connection (or on several together) while numbered messages went back and forth. */
export interface PingPongReport {
  /** Number of messages that were answered in order, each exactly once. */
  count: number;
  /** The longest time between two answers in milliseconds, and when it began, in milliseconds since 1970. */
  longestGapMs: number;
  longestGapAt: number;
  /** True: the connection was open, and the server answered, until the end. */
  open: boolean;
  /** Why it was not open: closed, reset, an answer lost, repeated or out of order. */
  failure?: string;
}

/** Length of a message: ten digits and a line feed. */
const MESSAGE_LENGTH = 11;

/**
 * Sends a numbered message, waits for its echo, waits `intervalMs` and sends the next, until `stop` is called. It fails
 * at an answer that is not the message (lost, repeated, out of order) or that takes longer than `timeoutMs`.
 */
export class PingPong {
  private readonly report: PingPongReport = { count: 0, longestGapMs: 0, longestGapAt: 0, open: true };
  private expected = '';
  private received = '';
  private lastAnswerAt = performance.now();
  private timer: NodeJS.Timeout | undefined;
  private stopping = false;
  private readonly finished = Promise.withResolvers<PingPongReport>();

  constructor(
    private readonly socket: Socket,
    private readonly intervalMs: number,
    private readonly timeoutMs: number,
  ) {
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (data: string) => this.onData(data));
    socket.on('error', (error) => this.finish(error.message));
    socket.on('close', () => this.finish('the server closed the connection'));
  }

  /** Resolves with the report after `stop` and the last answer, or at the first failure. */
  run(): Promise<PingPongReport> {
    this.lastAnswerAt = performance.now();
    this.send();
    return this.finished.promise;
  }

  /** Sends no further message. */
  stop(): void {
    this.stopping = true;
  }

  private send(): void {
    this.expected = `${String(this.report.count).padStart(MESSAGE_LENGTH - 1, '0')}\n`;
    this.received = '';
    this.timer = setTimeout(() => this.finish(`no answer within ${this.timeoutMs} ms`), this.timeoutMs);
    this.socket.write(this.expected);
  }

  private onData(data: string): void {
    this.received += data;
    if (this.received.length < MESSAGE_LENGTH) return;
    clearTimeout(this.timer);
    if (this.received !== this.expected) {
      this.finish(`sent ${JSON.stringify(this.expected)}, got ${JSON.stringify(this.received.slice(0, 100))}`);
      return;
    }
    this.answered();
    if (this.stopping) this.finish();
    else this.timer = setTimeout(() => this.send(), this.intervalMs);
  }

  private answered(): void {
    const now = performance.now();
    const gap = now - this.lastAnswerAt;
    if (gap > this.report.longestGapMs) {
      this.report.longestGapMs = Math.round(gap * 10) / 10;
      this.report.longestGapAt = Math.round(performance.timeOrigin + this.lastAnswerAt);
    }
    this.lastAnswerAt = now;
    this.report.count++;
  }

  private finish(failure?: string): void {
    clearTimeout(this.timer);
    this.socket.removeAllListeners('close');
    this.socket.destroy();
    this.finished.resolve(failure ? { ...this.report, open: false, failure } : this.report);
  }
}

/** The report of several connections: all messages, the longest gap of any; open where all are. */
function together(reports: PingPongReport[]): PingPongReport {
  const worst = reports.reduce((a, b) => (b.longestGapMs > a.longestGapMs ? b : a));
  const failed = reports.filter((report) => !report.open);
  const all = { ...worst, count: reports.reduce((sum, report) => sum + report.count, 0), open: !failed.length };
  return failed.length ? { ...all, failure: `${failed.length} of ${reports.length}: ${failed[0].failure}` } : all;
}

async function connect(host: string, port: number): Promise<Socket> {
  const socket = createConnection({ host, port, timeout: 5000 });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject);
    socket.once('timeout', () => reject(new Error(`no connection to ${host} within 5 s`)));
  });
  socket.setTimeout(0);
  return socket;
}

/** Prints `ready` once connected, and the report as one JSON line when standard input ends (or after --seconds). */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      host: { type: 'string' },
      port: { type: 'string', default: '7' },
      interval: { type: 'string', default: '10' },
      timeout: { type: 'string', default: '30000' },
      connections: { type: 'string', default: '1' },
      seconds: { type: 'string' },
    },
  });
  if (!values.host) throw new Error('--host is missing');
  const pingPongs: PingPong[] = [];
  for (let i = 0; i < Number(values.connections); i++) {
    const socket = await connect(values.host, Number(values.port));
    pingPongs.push(new PingPong(socket, Number(values.interval), Number(values.timeout)));
  }
  const stop = () => pingPongs.forEach((pingPong) => pingPong.stop());
  process.stdin.on('end', stop).resume();
  if (values.seconds) setTimeout(stop, Number(values.seconds) * 1000);
  const done = Promise.all(pingPongs.map((pingPong) => pingPong.run()));
  process.stdout.write('ready\n');
  const report = together(await done);
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.exit(report.open ? 0 : 1);
}

if (import.meta.main) await main();
