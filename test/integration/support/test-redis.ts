import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** More databases than any file has tests. */
const DATABASES = 128;

/** A Redis server of one test file: files that run side by side share neither keys nor channels. */
export class TestRedis {
  private used = 0;

  private constructor(
    private readonly directory: string,
    private readonly server: ChildProcess,
  ) {}

  static async start(): Promise<TestRedis> {
    const directory = await mkdtemp('/tmp/lx-redis-');
    const settings = { port: '0', unixsocket: join(directory, 'redis.sock'), save: '', dir: directory };
    const options = Object.entries({ ...settings, databases: String(DATABASES) }).flatMap(([name, value]) => [
      `--${name}`,
      value,
    ]);
    // Clients wait for the socket by themselves.
    const server = spawn('redis-server', options, { stdio: 'ignore' });
    return new TestRedis(directory, server);
  }

  get socket(): string {
    return join(this.directory, 'redis.sock');
  }

  /** URL of a database that no test has used. */
  url(): string {
    if (++this.used >= DATABASES) throw new Error(`more than ${DATABASES} databases`);
    return `${this.socket}?db=${this.used}`;
  }

  async stop(): Promise<void> {
    if (this.server.exitCode === null && this.server.signalCode === null) {
      const gone = once(this.server, 'exit');
      this.server.kill();
      await gone;
    }
    await rm(this.directory, { recursive: true, force: true });
  }
}
