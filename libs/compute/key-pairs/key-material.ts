import { X509Certificate, createHash, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { InvalidInputError } from '#libs/common/errors';

/** As Nova has it: MD5 of an OpenSSH key, SHA-1 of a PEM certificate, in hex pairs. Throws InvalidInputError. */
export function fingerprintOf(type: 'ssh' | 'x509', publicKey: string): string {
  return type === 'ssh' ? fingerprintOfKey(publicKey) : fingerprintOfCertificate(publicKey);
}

function fingerprintOfCertificate(pem: string): string {
  try {
    return new X509Certificate(pem).fingerprint.toLowerCase();
  } catch {
    throw new InvalidInputError('public_key', 'an X.509 certificate in PEM');
  }
}

/** Of an `ssh-… base64 …` line. */
function fingerprintOfKey(publicKey: string): string {
  const [type, blob] = publicKey.split(/\s+/);
  const bytes = Buffer.from(blob ?? '', 'base64');
  const named = bytes.length > 4 ? bytes.subarray(4, 4 + bytes.readUInt32BE(0)).toString('latin1') : '';
  if (!type || named !== type) throw new InvalidInputError('public_key', 'an OpenSSH public key');
  return createHash('md5').update(bytes).digest('hex').match(/../g)!.join(':');
}

/** An RSA pair: OpenSSH's public key, and the private key in PEM. Takes up to a second of CPU, on a thread of Node's pool, so that other requests are answered meanwhile. */
export async function makeKeyPair(): Promise<{ publicKey: string; privateKey: string }> {
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 3072 });
  const { n, e } = pair.publicKey.export({ format: 'jwk' });
  const parts = [Buffer.from('ssh-rsa'), mpint(e!), mpint(n!)];
  const blob = Buffer.concat(parts.flatMap((part) => [length(part), part]));
  return {
    publicKey: `ssh-rsa ${blob.toString('base64')} Generated-by-LXStack`,
    privateKey: pair.privateKey.export({ format: 'pem', type: 'pkcs1' }).toString(),
  };
}

/** RFC 4251: an mpint whose first bit is set begins with a zero byte. */
function mpint(base64url: string): Buffer {
  const bytes = Buffer.from(base64url, 'base64url');
  return bytes[0]! & 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
}

function length(part: Buffer): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(part.length);
  return bytes;
}
