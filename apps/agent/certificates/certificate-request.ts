import * as x509 from '@peculiar/x509';
import { webcrypto } from 'node:crypto';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Makes a key and the request for its certificate. The key stays in this host's files. */
export async function certificateRequest(hostname: string): Promise<{ requestPem: string; keyPem: string }> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: `CN=agent:${hostname}`,
    keys,
    signingAlgorithm: algorithm,
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  const keyPem = `${x509.PemConverter.encode(key, x509.PemConverter.PrivateKeyTag)}\n`;
  return { requestPem: request.toString('pem'), keyPem };
}
