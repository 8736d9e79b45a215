import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { webcrypto } from 'node:crypto';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const YEAR_MS = 365 * 24 * 3600 * 1000;

x509.cryptoProvider.set(webcrypto);

/**
 * Makes the certificates of a control plane, unless they exist: a CA, and for each of `processes` a directory with
 * `ca.crt`, `tls.crt` (CN `control:NAME`, valid for `names`: DNS names and addresses) and `tls.key`. The api's has
 * `ca.key` too, because the api signs the hosts' certificates.
 */
export async function ensurePki(
  directory: string,
  cluster: string,
  processes: readonly string[],
  names: readonly string[] = ['localhost', '127.0.0.1'],
): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const ca = await ensureCa(directory, cluster);
  for (const name of processes) await ensureProcess(directory, name, ca, names);
}

interface Ca {
  certificate: x509.X509Certificate;
  key: webcrypto.CryptoKey;
  keyPem: string;
}

async function ensureCa(directory: string, cluster: string): Promise<Ca> {
  const [certFile, keyFile] = [join(directory, 'ca.crt'), join(directory, 'ca.key')];
  if (!existsSync(certFile)) {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: `CN=LXStack ${cluster} CA`,
      ...validity(10),
      keys,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    await writeFile(keyFile, await privatePem(keys.privateKey), { mode: 0o600 });
    await writeFile(certFile, `${certificate.toString('pem')}\n`);
  }
  const keyPem = await readFile(keyFile, 'utf8');
  const der = x509.PemConverter.decodeFirst(keyPem);
  const key = await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
  return { certificate: new x509.X509Certificate(await readFile(certFile, 'utf8')), key: key, keyPem };
}

async function ensureProcess(directory: string, name: string, ca: Ca, names: readonly string[]): Promise<void> {
  const own = join(directory, name);
  if (existsSync(join(own, 'tls.crt'))) return;
  await mkdir(own, { recursive: true, mode: 0o700 });
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=control:${name}`,
    issuer: ca.certificate.subject,
    ...validity(2),
    publicKey: keys.publicKey,
    signingKey: ca.key,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(ca.certificate),
    ],
  });
  await writeFile(join(own, 'ca.crt'), `${ca.certificate.toString('pem')}\n`);
  if (name === 'api') await writeFile(join(own, 'ca.key'), ca.keyPem, { mode: 0o600 });
  await writeFile(join(own, 'tls.key'), await privatePem(keys.privateKey), { mode: 0o600 });
  await writeFile(join(own, 'tls.crt'), `${certificate.toString('pem')}\n`);
}

/** sha256 of the CA's certificate (DER), in hex: operators compare it at `lxstack-agent join`. */
export async function caFingerprint(directory: string): Promise<string> {
  const certificate = new x509.X509Certificate(await readFile(join(directory, 'ca.crt'), 'utf8'));
  return Buffer.from(await certificate.getThumbprint('SHA-256')).toString('hex');
}

function validity(years: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - 3600_000), notAfter: new Date(Date.now() + years * YEAR_MS) };
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key);
  return `${x509.PemConverter.encode(der, x509.PemConverter.PrivateKeyTag)}\n`;
}
