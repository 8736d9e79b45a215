import type { PeerCertificate } from 'node:tls';
import { status } from '@grpc/grpc-js';
import type { ServerDuplexStream, ServerErrorResponse, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { fingerprintOf, parseIdentity } from '#libs/agent-protocol/credentials';
import type { ShownCertificate } from '#libs/fleet/enrolment/host-certificates.service';

export type AgentCall = Pick<
  ServerUnaryCall<unknown, unknown> | ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>,
  'getAuthContext'
>;

/** The calling host's certificate (`agent:NAME`). Throws PERMISSION_DENIED for any other. */
export function certificateOf(call: AgentCall): ShownCertificate {
  const certificate = call.getAuthContext().sslPeerCertificate as PeerCertificate | undefined;
  const commonName = certificate?.subject?.CN;
  const identity = parseIdentity(Array.isArray(commonName) ? commonName[0] : commonName);
  if (certificate && identity?.role === 'agent')
    return { hostname: identity.name, fingerprint: fingerprintOf(certificate) };
  const refusal: Partial<ServerErrorResponse> = { code: status.PERMISSION_DENIED };
  throw Object.assign(new Error('a certificate of role agent is wanted'), refusal);
}
