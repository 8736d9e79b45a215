import { Metadata, credentials } from '@grpc/grpc-js';
import * as x509 from '@peculiar/x509';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { DetailedPeerCertificate } from 'node:tls';
import { EnrolmentClient } from '#generated/lxstack/agent/v1/control_plane';
import type { JoinResponse } from '#generated/lxstack/agent/v1/control_plane';
import { InvalidInputError } from '#libs/common/errors';
import { HOSTNAME, requireName } from '#libs/common/names';
import { certificateRequest } from './certificates/certificate-request.js';
import { writePki } from './certificates/pki-files.js';
import { exists } from './storage/directories.js';

export interface JoinOptions {
  control: string;
  tokenFile: string;
  fingerprint: string;
  name: string;
  address: string;
  role: string;
  zone: string;
  force: boolean;
}

const DEADLINE_MS = 30_000;

/**
 * Gets this host its certificate. Sends the token only to a server whose chain has the CA with the given fingerprint.
 */
export async function joinCluster(stateDirectory: string, options: JoinOptions): Promise<'joined' | 'already'> {
  requireName('--name', options.name, HOSTNAME, 'an RFC 1123 label');
  const wanted = requireName(
    '--fingerprint',
    options.fingerprint,
    /^sha256:[0-9a-f]{64}$/,
    'sha256: and 64 hex digits',
  ).slice(7);
  const pki = join(stateDirectory, 'pki');
  if (!options.force && (await exists(join(pki, 'tls.crt')))) return 'already';
  const ca = await authorityOf(options.control, wanted);
  const { requestPem, keyPem } = await certificateRequest(options.name);
  const answer = await enrol(ca, options, requestPem);
  await writePki(pki, ca, keyPem, answer.certificatePem);
  return 'joined';
}

/** Reads the server's chain and returns the PEM of the CA with this fingerprint. Sends nothing. */
function authorityOf(control: string, wanted: string): Promise<string> {
  const at = control.lastIndexOf(':');
  return new Promise((resolve, reject) => {
    // The fingerprint decides below, not Node's check of the chain.
    const target = { host: control.slice(0, at), port: Number(control.slice(at + 1)), rejectUnauthorized: false };
    const socket = connect({ ...target, ALPNProtocols: ['h2'], timeout: DEADLINE_MS }, () => {
      let one: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
      socket.end();
      while (one?.raw) {
        if (createHash('sha256').update(one.raw).digest('hex') === wanted) return resolve(pem(one.raw));
        one = one.issuerCertificate === one ? undefined : one.issuerCertificate;
      }
      reject(new InvalidInputError('--fingerprint', 'the fingerprint of the CA in the server’s chain: it is another'));
    });
    socket.on('timeout', () => socket.destroy(new Error(`${control} does not answer`)));
    socket.on('error', reject);
  });
}

const pem = (der: Buffer): string => `${x509.PemConverter.encode(der, x509.PemConverter.CertificateTag)}\n`;

async function enrol(ca: string, options: JoinOptions, certificateRequestPem: string): Promise<JoinResponse> {
  const { name: hostname, address, role, zone: availabilityZone } = options;
  const token = (await readFile(options.tokenFile, 'utf8')).trim();
  const channel = credentials.createSsl(Buffer.from(ca), null, null, { checkServerIdentity: () => undefined });
  const client = new EnrolmentClient(options.control, channel);
  try {
    return await new Promise<JoinResponse>((resolve, reject) =>
      client.join(
        { token, hostname, certificateRequestPem, address, role, availabilityZone },
        new Metadata(),
        { deadline: Date.now() + DEADLINE_MS },
        (error, response) => (error ? reject(error) : resolve(response)),
      ),
    );
  } finally {
    client.close();
  }
}
