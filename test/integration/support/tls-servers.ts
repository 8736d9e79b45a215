import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { command } from '#apps/cli/process/command';
import { TestPki } from './test-pki.js';

/** PostgreSQL refuses to run as root, so its programs run as `postgres` then. */
const asPostgres = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];

/** PostgreSQL and Redis that listen on loopback with TLS, with certificates for `localhost` of a CA of their own. */
export class TlsServers {
  private readonly processes: ChildProcess[] = [];

  private constructor(
    private readonly directory: string,
    /** PEM file of the CA that signed both servers. */
    readonly caFile: string,
    /** PEM file of a CA that signed neither. */
    readonly otherCaFile: string,
    readonly postgresPort: number,
    readonly redisPort: number,
  ) {}

  static async start(): Promise<TlsServers> {
    const directory = await mkdtemp('/tmp/lx-tls-');
    await chmod(directory, 0o755);
    const pki = await TestPki.create(join(directory, 'pki'));
    const other = join(directory, 'other');
    await TestPki.create(other);
    const certificate = await pki.issue('localhost');
    const [postgresPort, redisPort] = [await freePort(), await freePort()];
    const ca = join(certificate, 'ca.crt');
    const servers = new TlsServers(directory, ca, join(other, 'ca.crt'), postgresPort, redisPort);
    await servers.startPostgres(certificate);
    servers.startRedis(certificate);
    return servers;
  }

  async stop(): Promise<void> {
    for (const server of this.processes) {
      if (server.exitCode !== null || server.signalCode !== null) continue;
      const gone = once(server, 'exit');
      server.kill();
      await gone;
    }
    await rm(this.directory, { recursive: true, force: true });
  }

  private async startPostgres(certificate: string): Promise<void> {
    const data = join(this.directory, 'pg');
    await mkdir(data);
    const key = join(this.directory, 'pg.key');
    await copyFile(join(certificate, 'tls.key'), key);
    await chmod(key, 0o600);
    if (asPostgres.length) await command('chown', ['postgres', data, key]);
    const bin = globSync('/usr/lib/postgresql/*/bin').sort().at(-1)!;
    const as = (program: string, options: string[]) => [...asPostgres, join(bin, program), ...options];
    const [initdb, ...options] = as('initdb', ['-D', data, '-U', 'lxstack', '-A', 'trust', '--no-sync']);
    await command(initdb!, options);
    const tls = { ssl: 'on', ssl_cert_file: join(certificate, 'tls.crt'), ssl_key_file: key };
    const settings = { ...tls, port: this.postgresPort, listen_addresses: 'localhost', unix_socket_directories: '' };
    const given = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const [postgres, ...rest] = as('postgres', ['-D', data, '-F', ...given]);
    this.processes.push(spawn(postgres!, rest, { stdio: 'ignore' }));
  }

  private startRedis(certificate: string): void {
    const at = (name: string) => join(certificate, name);
    const tls = { 'tls-cert-file': at('tls.crt'), 'tls-key-file': at('tls.key'), 'tls-ca-cert-file': at('ca.crt') };
    const settings = {
      port: 0,
      'tls-port': this.redisPort,
      'tls-auth-clients': 'no',
      bind: '127.0.0.1',
      save: '',
      ...tls,
    };
    const options = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    this.processes.push(spawn('redis-server', options, { stdio: 'ignore', cwd: this.directory }));
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
