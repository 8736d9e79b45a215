import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '#apps/cli/process/command';

/** A certificate authority of one test, with certificates that it has signed, each in a directory for `readPki`. */
export class TestPki {
  private constructor(private readonly directory: string) {}

  static async create(directory: string): Promise<TestPki> {
    await mkdir(directory, { recursive: true });
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const files = ['-keyout', join(directory, 'ca.key'), '-out', join(directory, 'ca.crt')];
    await command('openssl', ['req', '-x509', ...key, '-days', '2', '-subj', '/CN=test', ...files]);
    return new TestPki(directory);
  }

  /** Signs a certificate for `control:NAME` or `agent:NAME`. Returns its directory. */
  async issue(commonName: string): Promise<string> {
    const directory = join(this.directory, commonName.replace(':', '-'));
    await mkdir(directory, { recursive: true });
    const at = (name: string) => join(directory, name);
    const ca = (name: string) => join(this.directory, name);
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', at('tls.key')];
    await command('openssl', ['req', ...key, '-subj', `/CN=${commonName}`, '-out', at('tls.csr')]);
    const signer = ['-CA', ca('ca.crt'), '-CAkey', ca('ca.key'), '-CAcreateserial'];
    await command('openssl', ['x509', '-req', '-in', at('tls.csr'), ...signer, '-days', '2', '-out', at('tls.crt')]);
    await command('cp', [ca('ca.crt'), at('ca.crt')]);
    return directory;
  }
}
