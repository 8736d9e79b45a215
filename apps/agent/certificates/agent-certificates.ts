import { X509Certificate } from 'node:crypto';
import { experimental } from '@grpc/grpc-js';
import type { ServerCredentials } from '@grpc/grpc-js';
import { readPki } from '#libs/agent-protocol/credentials';
import type { Pki } from '#libs/agent-protocol/credentials';
import { settlePki, writePki } from './pki-files.js';

type Provider = Parameters<typeof experimental.createCertificateProviderServerCredentials>[0];
type IdentityListener = Parameters<Provider['addIdentityCertificateListener']>[0];
type CaListener = Parameters<Provider['addCaCertificateListener']>[0];

/** This host's certificate as it is now, for everything that shows it; who uses it hears when it is replaced. */
export class AgentCertificates implements Provider {
  private readonly users = new Set<(pki: Pki) => void>();
  private readonly identities = new Set<IdentityListener>();
  private readonly authorities = new Set<CaListener>();

  private constructor(
    private readonly directory: string,
    private now: Pki,
  ) {}

  static async open(directory: string): Promise<AgentCertificates> {
    await settlePki(directory);
    return new AgentCertificates(directory, readPki(directory));
  }

  get pki(): Pki {
    return this.now;
  }

  /** When to ask for the next one: after this fraction of its life (ms since 1970). */
  renewAt(fraction: number): number {
    const { validFromDate, validToDate } = new X509Certificate(this.now.cert);
    const [from, to] = [validFromDate.getTime(), validToDate.getTime()];
    return from + (to - from) * fraction;
  }

  /** When it ends (ms since 1970). */
  get endsAt(): number {
    return new X509Certificate(this.now.cert).validToDate.getTime();
  }

  /** On the disk first; then everybody is told. What is open stays open. */
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

  /** For a gRPC server that shows what is there at each handshake; clients need a certificate. */
  serverCredentials(): ServerCredentials {
    return experimental.createCertificateProviderServerCredentials(this, this, true);
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.identities.add(listener);
    process.nextTick(() => listener(this.identity())); // the server listens to its credentials after this call
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.identities.delete(listener);
  }

  addCaCertificateListener(listener: CaListener): void {
    this.authorities.add(listener);
    process.nextTick(() => listener({ caCertificate: this.now.ca }));
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.authorities.delete(listener);
  }

  private identity() {
    return { certificate: this.now.cert, privateKey: this.now.key };
  }
}
