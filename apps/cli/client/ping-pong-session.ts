import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { PingPongReport } from './ping-pong.js';

const program = new URL('./ping-pong.js', import.meta.url).pathname;

/** The ping-pong client, as a process in a network namespace, from the moment it is connected. */
export class PingPongSession {
  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>,
  ) {}

  /**
   * Opens `connections` connections from the network namespace `namespace` to `address`. Throws with the client's words
   * where that fails.
   */
  static async open(
    namespace: string,
    address: string,
    port = 7,
    intervalMs = 10,
    timeoutMs = 120_000,
    connections = 1,
  ): Promise<PingPongSession> {
    const args = [
      '--host',
      address,
      '--port',
      String(port),
      '--interval',
      String(intervalMs),
      '--timeout',
      String(timeoutMs),
      '--connections',
      String(connections),
    ];
    const child = spawn('nsenter', [`--net=/run/netns/${namespace}`, process.execPath, program, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-2000)));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await lines.next();
    if (first.value !== 'ready') throw new Error(`no connection to ${address}:${port}: ${errors.trim()}`);
    return new PingPongSession(child, lines);
  }

  /** Ends after the answer under way, and returns what the client saw. */
  async close(): Promise<PingPongReport> {
    this.child.stdin?.end();
    const line = await this.lines.next();
    if (line.done) throw new Error(`the ping-pong client died (${this.child.signalCode ?? this.child.exitCode})`);
    return JSON.parse(line.value) as PingPongReport;
  }

  /** Ends the client without a report. */
  kill(): void {
    this.child.kill('SIGKILL');
  }
}
