import type { ServiceDefinition } from '@grpc/grpc-js';

const itself = (bytes: Buffer): Buffer => bytes;

/** A stream of bytes, answered by one message, as a move's data would go over gRPC. */
export const bytesService = {
  send: {
    path: '/lxstack.bench.Bytes/Send',
    requestStream: true,
    responseStream: false,
    requestSerialize: itself,
    requestDeserialize: itself,
    responseSerialize: itself,
    responseDeserialize: itself,
  },
} satisfies ServiceDefinition;
