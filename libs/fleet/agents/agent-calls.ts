import { AgentService } from '#generated/lxstack/agent/v1/agent';

type Service = typeof AgentService;

/** Names and types of the agents' methods, taken from proto/: those with one answer and those that stream. */
export type UnaryMethod = {
  [M in keyof Service]: Service[M] extends { requestStream: false; responseStream: false } ? M : never;
}[keyof Service];
export type StreamMethod = {
  [M in keyof Service]: Service[M] extends { requestStream: false; responseStream: true } ? M : never;
}[keyof Service];

export type RequestOf<M extends keyof Service> = Parameters<Service[M]['requestSerialize']>[0];
export type ResponseOf<M extends keyof Service> = ReturnType<Service[M]['responseDeserialize']>;

/** What grpc-js needs to call a method. */
export interface CallShape<Request, Response> {
  path: string;
  requestSerialize(request: Request): Buffer;
  responseDeserialize(bytes: Buffer): Response;
}

/** The path and serializers of an agent's method, typed by its name. */
export function shapeOf<M extends keyof Service>(method: M): CallShape<RequestOf<M>, ResponseOf<M>> {
  return AgentService[method] as unknown as CallShape<RequestOf<M>, ResponseOf<M>>;
}
