import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../state/atomic-file.js';

const [KEY, CERTIFICATE] = ['tls.key', 'tls.crt'];

/**
 * Replaces a key and its certificate together: both are written beside the present ones before the first takes its
 * place, so that `settlePki` can finish what a crash cut off. `tls.crt` comes last: its presence means that the host
 * has joined.
 */
export async function writePki(directory: string, ca: string, key: string, certificate: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  await writeAtomically(join(directory, 'ca.crt'), ca);
  await writeAtomically(join(directory, `${KEY}.next`), key);
  await writeAtomically(join(directory, `${CERTIFICATE}.next`), certificate);
  await rename(join(directory, `${KEY}.next`), join(directory, KEY));
  await rename(join(directory, `${CERTIFICATE}.next`), join(directory, CERTIFICATE));
}

/** Finishes, after a start, what `writePki` had begun: afterwards key and certificate belong together. */
export async function settlePki(directory: string): Promise<void> {
  const at = (name: string) => join(directory, name);
  if (existsSync(at(`${CERTIFICATE}.next`)) && !existsSync(at(`${KEY}.next`))) {
    const certificate = new X509Certificate(await readFile(at(`${CERTIFICATE}.next`)));
    if (certificate.checkPrivateKey(createPrivateKey(await readFile(at(KEY)))))
      await rename(at(`${CERTIFICATE}.next`), at(CERTIFICATE));
  }
  for (const name of [KEY, CERTIFICATE]) await rm(at(`${name}.next`), { force: true });
}
