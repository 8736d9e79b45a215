import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { ChannelCredentials } from '@grpc/grpc-js';
import { ensurePki } from '#apps/cli/pki/cluster-pki';
import { channelCredentials } from '#libs/agent-protocol/credentials';
import { ClusterCa } from '#libs/fleet/enrolment/cluster-ca';
import { PrivateServers } from '#test/integration/support/private-servers';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** PostgreSQL, Redis and a real api process; this process opens the streams. */
export class BenchControlPlane {
  private constructor(
    readonly servers: PrivateServers,
    readonly api: ChildProcess,
    /** Address that agents dial. */
    readonly address: string,
  ) {}

  static async start(): Promise<BenchControlPlane> {
    const servers = await PrivateServers.start('bench');
    const { directory } = servers;
    const at = (name: string) => join(directory, name);
    await ensurePki(at('pki'), 'bench', ['api']);
    await mkdir(at('blobs'));
    await writeFile(at('password'), 'bench-only');
    const address = `unix:${at('control.sock')}`;
    const env = {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      LXSTACK_DATABASE_URL: servers.databaseUrl,
      LXSTACK_REDIS_URL: servers.redisUrl,
      LXSTACK_PKI_DIR: at('pki/api'),
      LXSTACK_BLOB_DIR: at('blobs'),
      LXSTACK_PUBLIC_URL: 'https://127.0.0.1',
      LXSTACK_API_LISTEN: '127.0.0.1:0',
      LXSTACK_CONTROL_LISTEN: address,
      LXSTACK_ENROL_LISTEN: `unix:${at('enrol.sock')}`,
      LXSTACK_ADMIN_PASSWORD_FILE: at('password'),
    };
    const main = join(import.meta.dirname, '../../../apps/api/main.js');
    const api = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const said: string[] = [];
    for await (const line of createInterface({ input: api.stdout! })) {
      said.push(line);
      if (line.includes('"ready"')) return new BenchControlPlane(servers, api, address);
    }
    throw new Error(`the API ended: ${said.slice(-5).join('\n')}`);
  }

  /** Certificates of the hosts `names`, with one key for all. */
  async trusts(names: string[]): Promise<{ trust: ChannelCredentials; fingerprint: string }[]> {
    const directory = join(this.servers.directory, 'pki');
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
    const request = await x509.Pkcs10CertificateRequestGenerator.create({
      name: 'CN=bench',
      keys,
      signingAlgorithm: algorithm,
    });
    const ca = new ClusterCa(directory);
    const authority = await readFile(join(directory, 'ca.crt'));
    return Promise.all(
      names.map(async (name) => {
        const { certificatePem, fingerprint } = await ca.sign(name, request.toString('pem'));
        const pki = { ca: authority, cert: Buffer.from(certificatePem), key: Buffer.from(key) };
        return { trust: channelCredentials(pki, { role: 'control' }), fingerprint };
      }),
    );
  }

  async stop(): Promise<void> {
    const gone = once(this.api, 'exit');
    this.api.stdout?.resume();
    this.api.kill('SIGKILL');
    await gone;
    await this.servers.stop();
  }
}
