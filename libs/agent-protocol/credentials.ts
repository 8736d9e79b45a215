import { credentials as client, ServerCredentials } from '@grpc/grpc-js';
import type { ChannelCredentials, ChannelOptions } from '@grpc/grpc-js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PeerCertificate } from 'node:tls';

/** The certificate's owner: `control` for api and worker, `agent` for a host's agent. Written as CN `role:name`. */
export interface Identity {
  role: 'control' | 'agent';
  name: string;
}

/** The PEM files of a process, in one directory: `ca.crt`, `tls.crt`, `tls.key`. */
export interface Pki {
  ca: Buffer;
  cert: Buffer;
  key: Buffer;
}

/** Throws the error of `readFileSync` where one of the three files is missing. */
export function readPki(directory: string): Pki {
  const read = (name: string) => readFileSync(join(directory, name));
  return { ca: read('ca.crt'), cert: read('tls.crt'), key: read('tls.key') };
}

/** The identity in a subject's common name; undefined where the name is not in the form `role:name`. */
export function parseIdentity(commonName: string | undefined): Identity | undefined {
  const [role, name, ...rest] = (commonName ?? '').split(':');
  if (rest.length || !name || (role !== 'control' && role !== 'agent')) return undefined;
  return { role, name };
}

/** sha256 of a peer's certificate, in hex. */
export function fingerprintOf(certificate: Pick<PeerCertificate, 'fingerprint256'>): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

/** Server credentials: TLS 1.3 with a client certificate of the cluster's CA (grpc-js: GRPC_SSL_… do not apply). */
export function serverCredentials(pki: Pki, requireClientCertificate = true): ServerCredentials {
  return ServerCredentials.createSsl(
    pki.ca,
    [{ private_key: pki.key, cert_chain: pki.cert }],
    requireClientCertificate,
  );
}

/**
 * Client credentials that accept only `expected`. The server is known by its certificate's common name, not by its
 * address.
 */
export function channelCredentials(pki: Pki, expected: Identity | { role: Identity['role'] }): ChannelCredentials {
  return client.createSsl(pki.ca, pki.key, pki.cert, {
    checkServerIdentity: (_host: string, certificate: PeerCertificate) => checkIdentity(certificate, expected),
  });
}

/** Returns an error where the certificate is not of the expected role (and name), else undefined. */
export function checkIdentity(
  certificate: PeerCertificate,
  expected: Identity | { role: Identity['role'] },
): Error | undefined {
  const commonName = certificate.subject?.CN;
  const found = parseIdentity(Array.isArray(commonName) ? commonName[0] : commonName);
  const fits = found && found.role === expected.role && (!('name' in expected) || expected.name === found.name);
  return fits ? undefined : new Error(`certificate of ${found ? `${found.role}:${found.name}` : 'nobody we know'}`);
}

/** Options of every gRPC channel: bounds on messages and keep-alive. */
export const channelOptions: ChannelOptions = {
  // Peers are dialled by address and known by common name; TLS's server name may not be an address (RFC 6066).
  'grpc.ssl_target_name_override': 'lxstack',
  'grpc.max_receive_message_length': 8 * 1024 * 1024,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 2_000,
};
