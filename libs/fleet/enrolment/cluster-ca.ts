import * as x509 from '@peculiar/x509';
import { InvalidInputError } from '#libs/common/errors';
import { HOSTNAME, requireName } from '#libs/common/names';
import { settings } from '#libs/common/settings/settings';
import { certificatePem, fingerprintOf, makeCertificate, readAuthority } from './certificate-maker.js';

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
    const authority = await readAuthority(this.directory);
    const wanted = { commonName: `agent:${hostname}`, names: [hostname], publicKey: request.publicKey, lifeMs };
    const certificate = await makeCertificate(authority, wanted);
    return {
      certificatePem: certificatePem(certificate),
      caPem: certificatePem(authority.certificate),
      fingerprint: await fingerprintOf(certificate),
      clusterId: await fingerprintOf(authority.certificate),
    };
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
