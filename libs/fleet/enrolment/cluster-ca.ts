import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInputError } from '#libs/common/errors';
import { HOSTNAME, requireName } from '#libs/common/names';
import { settings } from '#libs/common/settings/settings';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const HOUR_MS = 3_600_000;

x509.cryptoProvider.set(webcrypto);

export interface SignedCertificate {
  certificatePem: string;
  caPem: string;
  /** sha256 of the certificate, in hex. */
  fingerprint: string;
  /** sha256 of the CA's certificate, in hex: it identifies the cluster. */
  clusterId: string;
}

/** The cluster's CA. Its key lies only in the PKI directory of the api, so only the api can sign. */
export class ClusterCa {
  constructor(private readonly directory: string) {}

  /**
   * Signs a host's PKCS#10 request: CN `agent:HOSTNAME`, for server and client, valid for
   * `LXSTACK_CERTIFICATE_SECONDS`. Takes only the public key from the request, not its subject or extensions. Throws
   * InvalidInputError.
   */
  async sign(hostname: string, requestPem: string): Promise<SignedCertificate> {
    requireName('hostname', hostname, HOSTNAME, 'a host name of letters, digits and hyphens');
    const request = await parseRequest(requestPem);
    const lifeMs = settings('certificates').lifeSeconds * 1000;
    const ca = new x509.X509Certificate(await readFile(join(this.directory, 'ca.crt'), 'utf8'));
    const certificate = await x509.X509CertificateGenerator.create({
      subject: `CN=agent:${hostname}`,
      issuer: ca.subject,
      notBefore: new Date(Date.now() - Math.min(HOUR_MS, lifeMs)),
      notAfter: new Date(Date.now() + lifeMs),
      publicKey: request.publicKey,
      signingKey: await this.signingKey(),
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
        new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: hostname }]),
        await x509.AuthorityKeyIdentifierExtension.create(ca),
      ],
    });
    return {
      certificatePem: `${certificate.toString('pem')}\n`,
      caPem: `${ca.toString('pem')}\n`,
      fingerprint: Buffer.from(await certificate.getThumbprint('SHA-256')).toString('hex'),
      clusterId: Buffer.from(await ca.getThumbprint('SHA-256')).toString('hex'),
    };
  }

  private async signingKey(): Promise<webcrypto.CryptoKey> {
    const pem = await readFile(join(this.directory, 'ca.key'), 'utf8');
    return webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pem), ALGORITHM, false, ['sign']);
  }
}

async function parseRequest(pem: string): Promise<x509.Pkcs10CertificateRequest> {
  const expected = 'a PKCS#10 request in PEM, signed by its own key';
  let request: x509.Pkcs10CertificateRequest;
  try {
    request = new x509.Pkcs10CertificateRequest(pem);
  } catch (cause) {
    throw Object.assign(new InvalidInputError('certificate_request_pem', expected), { cause });
  }
  if (!(await request.verify())) throw new InvalidInputError('certificate_request_pem', expected);
  return request;
}
