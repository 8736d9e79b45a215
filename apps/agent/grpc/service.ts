import { status } from '@grpc/grpc-js';
import type {
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  UntypedHandleCall,
  UntypedServiceImplementation,
  sendUnaryData,
} from '@grpc/grpc-js';
import { once } from 'node:events';
import { AgentService } from '#generated/lxstack/agent/v1/agent';
import { DomainError, NotFoundError, messageOf } from '#libs/common/errors';
import { checkIdentity } from '#libs/agent-protocol/credentials';
import type { Logger } from '#libs/common/logger';
import { statusOf } from './statuses.js';

/**
 * A method of the service. It returns a promise (one answer) or an async iterable (a stream of answers); a stream of
 * requests is an async iterable too.
 */
type Handler = (request: never, signal: AbortSignal) => Promise<unknown> | AsyncIterable<unknown>;

const NEVER = new AbortController().signal;

/**
 * A grpc-js service from handlers. Only certificates of role `control` may call it; a method without a handler answers
 * UNIMPLEMENTED.
 */
export function serviceOf(handlers: Readonly<Record<string, Handler>>, logger: Logger): UntypedServiceImplementation {
  const implementation: UntypedServiceImplementation = {};
  for (const [name, shape] of Object.entries(AgentService)) {
    const handler = handlers[name];
    if (!handler) continue;
    if (shape.responseStream) implementation[name] = streaming(name, handler, logger) as unknown as UntypedHandleCall;
    else implementation[name] = unary(name, handler, logger) as unknown as UntypedHandleCall;
  }
  return implementation;
}

function unary(name: string, handler: Handler, logger: Logger) {
  return (call: ServerUnaryCall<never, unknown>, answer: sendUnaryData<unknown>): void => {
    if (!isControl(call)) return answer({ code: status.PERMISSION_DENIED, details: 'only the control plane may call' });
    (handler(call.request, NEVER) as Promise<unknown>).then(
      (response) => answer(null, response),
      (error: unknown) => {
        logFailure(logger, name, error);
        answer(statusOf(error));
      },
    );
  };
}

function streaming(name: string, handler: Handler, logger: Logger) {
  return (call: ServerWritableStream<never, unknown> | ServerDuplexStream<never, unknown>): void => {
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort());
    // A client-streaming call has no single request: the call itself is the stream.
    const request = 'request' in call ? call.request : (call as never);
    if (!isControl(call))
      return void call.emit('error', { code: status.PERMISSION_DENIED, details: 'only the control plane may call' });
    const send = async () => {
      for await (const message of handler(request, gone.signal) as AsyncIterable<unknown>) {
        if (call.cancelled) return;
        if (!call.write(message)) await Promise.race([once(call, 'drain'), once(call, 'cancelled')]);
      }
      call.end();
    };
    send().catch((error: unknown) => {
      if (call.cancelled) return;
      logFailure(logger, name, error);
      call.emit('error', statusOf(error));
    });
  };
}

/** Logs a failed call. NotFound is a normal answer and is logged briefly; an unforeseen error is logged with its stack. */
function logFailure(logger: Logger, method: string, error: unknown): void {
  const reason = messageOf(error);
  if (error instanceof NotFoundError) logger.debug({ method, reason }, 'not found');
  else if (error instanceof DomainError) logger.warn({ method, reason }, 'call refused');
  else logger.warn({ method, err: error }, 'call failed');
}

function isControl(call: { getAuthContext(): { sslPeerCertificate?: unknown } }): boolean {
  const certificate = call.getAuthContext().sslPeerCertificate;
  return (
    certificate !== undefined && !checkIdentity(certificate as Parameters<typeof checkIdentity>[0], { role: 'control' })
  );
}
