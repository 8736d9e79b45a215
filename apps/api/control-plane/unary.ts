import { status } from '@grpc/grpc-js';
import type { handleUnaryCall, ServerUnaryCall } from '@grpc/grpc-js';
import { createLogger } from '#libs/common/logger';
import { toGrpc } from './grpc-errors.js';

const log = createLogger('control-plane');

/** A gRPC handler that answers what `work` returns, or the status of its error. */
export function unary<Request, Response>(
  method: string,
  work: (request: Request, call: ServerUnaryCall<Request, Response>) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve()
      .then(() => work(call.request, call))
      .then(
        (response) => callback(null, response),
        (error: unknown) => {
          const answer = toGrpc(error);
          const level = answer.code === status.INTERNAL ? 'error' : 'info';
          log[level]({ method, code: status[answer.code], reason: answer.details }, 'refused');
          callback(answer);
        },
      );
  };
}
