import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
/** Clocks of hosts differ: a certificate is valid from this long ago. */
const HOUR_MS = 3_600_000;

x509.cryptoProvider.set(webcrypto);

/** Who signs: the CA's certificate and its key. */
export interface Authority {
  certificate: x509.X509Certificate;
  key: webcrypto.CryptoKey;
}

/** What a certificate is to say. */
export interface CertificateWanted {
  /** `control:NAME` or `agent:HOSTNAME`: the identity that both ends of a call check. */
  commonName: string;
  /** DNS names and IP addresses at which its holder is reached. */
  names: readonly string[];
  publicKey: webcrypto.CryptoKey | x509.PublicKey;
  /** Milliseconds from now until it ends. */
  lifeMs: number;
}

/** A new key pair, ECDSA on P-256. */
export function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

/** A new CA, signed by itself: it signs certificates of hosts and processes, and no other CA. */
export async function newAuthority(name: string, lifeMs: number): Promise<Authority> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    ...validity(lifeMs),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, key: keys.privateKey };
}

/** The CA whose `ca.crt` and `ca.key` lie in the directory. */
export async function readAuthority(directory: string): Promise<Authority> {
  const certificate = await readCertificate(join(directory, 'ca.crt'));
  const der = x509.PemConverter.decodeFirst(await readFile(join(directory, 'ca.key'), 'utf8'));
  const key = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
  return { certificate, key };
}

/** The certificate in a PEM file. */
export async function readCertificate(path: string): Promise<x509.X509Certificate> {
  return new x509.X509Certificate(await readFile(path, 'utf8'));
}

/** A certificate for TLS at both ends (server and client), signed by the authority. */
export async function makeCertificate(
  { certificate: issuer, key }: Authority,
  { commonName, names, publicKey, lifeMs }: CertificateWanted,
): Promise<x509.X509Certificate> {
  return x509.X509CertificateGenerator.create({
    subject: `CN=${commonName}`,
    issuer: issuer.subject,
    ...validity(lifeMs),
    publicKey,
    signingKey: key,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
}

/** PEM of a certificate, with the newline at its end. */
export const certificatePem = (certificate: x509.X509Certificate): string => `${certificate.toString('pem')}\n`;

/** PKCS#8 PEM of a private key. */
export async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key);
  return `${x509.PemConverter.encode(der, x509.PemConverter.PrivateKeyTag)}\n`;
}

/** sha256 of the certificate (DER), in hex. */
export async function fingerprintOf(certificate: x509.X509Certificate): Promise<string> {
  return Buffer.from(await certificate.getThumbprint('SHA-256')).toString('hex');
}

function validity(lifeMs: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - Math.min(HOUR_MS, lifeMs)), notAfter: new Date(Date.now() + lifeMs) };
}
