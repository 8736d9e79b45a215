import { X509Certificate } from 'node:crypto';
import { experimental } from '@grpc/grpc-js';
import type { ServerCredentials } from '@grpc/grpc-js';
import { readPki } from '#libs/agent-protocol/credentials';
import type { Pki } from '#libs/agent-protocol/credentials';
import { settlePki, writePki } from './pki-files.js';

type Provider = Parameters<typeof experimental.createCertificateProviderServerCredentials>[0];
type IdentityListener = Parameters<Provider['addIdentityCertificateListener']>[0];
type CaListener = Parameters<Provider['addCaCertificateListener']>[0];

/** This host's present certificate, for everything that shows it; tells its users when it is replaced. */
export class AgentCertificates implements Provider {
  private readonly users = new Set<(pki: Pki) => void>();
  private readonly identities = new Set<IdentityListener>();
  private readonly authorities = new Set<CaListener>();

  private constructor(
    private readonly directory: string,
    private now: Pki,
  ) {}

  /** Reads the certificate, after finishing a replacement that a crash cut off. */
  static async open(directory: string): Promise<AgentCertificates> {
    await settlePki(directory);
    return new AgentCertificates(directory, readPki(directory));
  }

  get pki(): Pki {
    return this.now;
  }

  /** When the next certificate should be asked for: after this fraction of its life (ms since 1970). */
  renewAt(fraction: number): number {
    const { validFromDate, validToDate } = new X509Certificate(this.now.cert);
    const [from, to] = [validFromDate.getTime(), validToDate.getTime()];
    return from + (to - from) * fraction;
  }

  /** When the certificate ends (ms since 1970). */
  get endsAt(): number {
    return new X509Certificate(this.now.cert).validToDate.getTime();
  }

  /** Writes the new certificate to the disk, then tells the users. Open connections stay open. */
  async replace(caPem: string, keyPem: string, certificatePem: string): Promise<void> {
    await writePki(this.directory, caPem, keyPem, certificatePem);
    this.now = readPki(this.directory);
    for (const use of this.users) use(this.now);
    for (const listener of this.authorities) listener({ caCertificate: this.now.ca });
    for (const listener of this.identities) listener(this.identity());
  }

  /** Calls `use` now and after each replacement. */
  follow(use: (pki: Pki) => void): void {
    this.users.add(use);
    use(this.now);
  }

  /** For a gRPC server: shows the present certificate at each handshake and demands one from clients. */
  serverCredentials(): ServerCredentials {
    return experimental.createCertificateProviderServerCredentials(this, this, true);
  }

  /** As grpc-js's certificate providers have it. */
  addIdentityCertificateListener(listener: IdentityListener): void {
    this.identities.add(listener);
    process.nextTick(() => listener(this.identity())); // grpc-js subscribes to these credentials only after this call
  }

  /** As grpc-js's certificate providers have it. */
  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.identities.delete(listener);
  }

  /** As grpc-js's certificate providers have it. */
  addCaCertificateListener(listener: CaListener): void {
    this.authorities.add(listener);
    process.nextTick(() => listener({ caCertificate: this.now.ca }));
  }

  /** As grpc-js's certificate providers have it. */
  removeCaCertificateListener(listener: CaListener): void {
    this.authorities.delete(listener);
  }

  private identity() {
    return { certificate: this.now.cert, privateKey: this.now.key };
  }
}
