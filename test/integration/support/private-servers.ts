import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { globSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { command } from '#apps/cli/process/command';
import { TestRedis } from './test-redis.js';

/** PostgreSQL refuses to run as root, so its programs run as `postgres` then. */
const asPostgres = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];

/** PostgreSQL and Redis of one test file, on unix sockets in a directory of their own. */
export class PrivateServers {
  private postgres: ChildProcess;
  private readonly bin = globSync('/usr/lib/postgresql/*/bin').sort().at(-1)!;
  private readonly data: string;
  readonly databaseUrl: string;
  readonly redisUrl: string;

  private constructor(
    readonly directory: string,
    private readonly redis: TestRedis,
  ) {
    this.data = join(directory, 'pg');
    this.databaseUrl = `postgres://lxstack@/lxstack?host=${this.data}`;
    this.redisUrl = redis.url();
  }

  static async start(name: string): Promise<PrivateServers> {
    const directory = await mkdtemp(`/tmp/lx-${name}-`);
    await chmod(directory, 0o755);
    const servers = new PrivateServers(directory, await TestRedis.start());
    await mkdir(servers.data);
    if (asPostgres.length) await command('chown', ['postgres', servers.data]);
    const options = ['-D', servers.data, '-U', 'lxstack', '-A', 'trust', '--no-sync', '-E', 'UTF8'];
    await command(...servers.command('initdb', options));
    servers.startPostgres();
    await servers.createDatabase();
    return servers;
  }

  /** Cuts every connection; PostgreSQL is away for `awayMs`. */
  async restartPostgres(awayMs: number): Promise<void> {
    await this.stopPostgres();
    await sleep(awayMs);
    this.startPostgres();
  }

  async stop(): Promise<void> {
    await Promise.all([this.stopPostgres(), this.redis.stop()]);
    await rm(this.directory, { recursive: true, force: true });
  }

  private startPostgres(): void {
    const options = ['-D', this.data, '-k', this.data, '-h', '', '-F'];
    this.postgres = spawn(...this.command('postgres', options), { stdio: 'ignore' });
  }

  private async stopPostgres(): Promise<void> {
    const gone = once(this.postgres, 'exit');
    await command(...this.command('pg_ctl', ['-D', this.data, '-m', 'immediate', 'stop']));
    await gone;
  }

  private command(program: string, options: string[]): [string, string[]] {
    const [first, ...rest] = [...asPostgres, join(this.bin, program), ...options];
    return [first, rest];
  }

  /** Makes the database, and so finds out when the server accepts connections. */
  private async createDatabase(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await command(join(this.bin, 'createdb'), ['-h', this.data, '-U', 'lxstack', 'lxstack']);
        return;
      } catch (error) {
        if (attempt > 100) throw error;
        await sleep(100);
      }
    }
  }
}
