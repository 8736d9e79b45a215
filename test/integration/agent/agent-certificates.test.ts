import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { Server } from '@grpc/grpc-js';
import { AgentCertificates } from '#apps/agent/certificates/agent-certificates';
import { readPki } from '#libs/agent-protocol/credentials';
import { TestPki } from '../support/test-pki.js';

let directory: string;
let pki: TestPki;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lx-agent-certificates-'));
  pki = await TestPki.create(join(directory, 'pki'));
});
after(() => rm(directory, { recursive: true }));

/** Serial number of the certificate that the server shows. */
function shown(port: number, client: string): Promise<string> {
  const { ca, cert, key } = readPki(client);
  return new Promise((resolve, reject) => {
    const options = {
      port,
      host: '127.0.0.1',
      ca,
      cert,
      key,
      ALPNProtocols: ['h2'],
      checkServerIdentity: () => undefined,
    };
    const socket = connect(options, () => {
      resolve(socket.getPeerX509Certificate()!.serialNumber);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

test('an agent serves its certificate from the first connection on, and the next one once it is there', async () => {
  const own = await pki.issue('agent:h1');
  const client = await pki.issue('control:api');
  const serial = async (folder: string) => new X509Certificate(await readFile(join(folder, 'tls.crt'))).serialNumber;
  const certificates = await AgentCertificates.open(own);
  const server = new Server();
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', certificates.serverCredentials(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  const first = await serial(own);
  assert.equal(await shown(port, client), first);
  const other = await TestPki.create(join(directory, 'other'));
  await assert.rejects(async () => {
    // The server does not know this CA. In TLS 1.3 the client's handshake ends before the server refuses, so the test
    // asks for an answer.
    const { cert, key } = readPki(await other.issue('control:api'));
    await refusal(port, cert, key, readPki(client).ca);
  });
  const next = readPki(await pki.issue('agent:h1-next'));
  await certificates.replace(next.ca.toString(), next.key.toString(), next.cert.toString());
  assert.notEqual(await serial(own), first);
  assert.equal(await shown(port, client), await serial(own));
  server.forceShutdown();
});

function refusal(port: number, cert: Buffer, key: Buffer, ca: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      ca,
      cert,
      key,
      ALPNProtocols: ['h2'],
      checkServerIdentity: () => undefined,
    });
    socket
      .on('error', reject)
      .on('data', () => resolve())
      .on('close', () => reject(new Error('closed')));
  });
}
