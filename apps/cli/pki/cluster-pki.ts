import { existsSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  certificatePem,
  fingerprintOf,
  makeCertificate,
  newAuthority,
  newKeys,
  privatePem,
  readAuthority,
  readCertificate,
} from '#libs/fleet/enrolment/certificate-maker';
import type { Authority } from '#libs/fleet/enrolment/certificate-maker';

const YEAR_MS = 365 * 24 * 3600 * 1000;

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

async function ensureCa(directory: string, cluster: string): Promise<Authority> {
  if (!existsSync(join(directory, 'ca.crt'))) {
    const { certificate, key } = await newAuthority(`LXStack ${cluster} CA`, 10 * YEAR_MS);
    await writeFile(join(directory, 'ca.key'), await privatePem(key), { mode: 0o600 });
    await writeFile(join(directory, 'ca.crt'), certificatePem(certificate));
  }
  return readAuthority(directory);
}

async function ensureProcess(directory: string, name: string, ca: Authority, names: readonly string[]): Promise<void> {
  const own = join(directory, name);
  if (existsSync(join(own, 'tls.crt'))) return;
  await mkdir(own, { recursive: true, mode: 0o700 });
  const { publicKey, privateKey } = await newKeys();
  const wanted = { commonName: `control:${name}`, names, publicKey, lifeMs: 2 * YEAR_MS };
  const certificate = await makeCertificate(ca, wanted);
  for (const file of name === 'api' ? ['ca.crt', 'ca.key'] : ['ca.crt'])
    await copyFile(join(directory, file), join(own, file));
  await writeFile(join(own, 'tls.key'), await privatePem(privateKey), { mode: 0o600 });
  await writeFile(join(own, 'tls.crt'), certificatePem(certificate));
}

/** sha256 of the CA's certificate (DER), in hex: operators compare it at `lxstack-agent join`. */
export async function caFingerprint(directory: string): Promise<string> {
  return fingerprintOf(await readCertificate(join(directory, 'ca.crt')));
}
