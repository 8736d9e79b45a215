import { status } from '@grpc/grpc-js';
import type { ServerErrorResponse, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { parseIdentity } from '#libs/agent-protocol/credentials';

type Call = Pick<ServerUnaryCall<unknown, unknown> | ServerWritableStream<unknown, unknown>, 'getAuthContext'>;

/** The calling host's name, from its certificate (`agent:NAME`). Throws PERMISSION_DENIED for any other. */
export function agentOf(call: Call): string {
  const commonName = call.getAuthContext().sslPeerCertificate?.subject?.CN;
  const identity = parseIdentity(Array.isArray(commonName) ? commonName[0] : commonName);
  if (identity?.role === 'agent') return identity.name;
  const refusal: Partial<ServerErrorResponse> = { code: status.PERMISSION_DENIED };
  throw Object.assign(new Error('a certificate of role agent is wanted'), refusal);
}
