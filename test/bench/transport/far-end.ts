import { Server } from '@grpc/grpc-js';
import type { ServerReadableStream, sendUnaryData } from '@grpc/grpc-js';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { parentPort, workerData } from 'node:worker_threads';
import { DataChannel } from '#apps/agent/migration/wire/data-channel';
import { FrameType } from '#apps/agent/migration/wire/wire-frames';
import { channelOptions, readPki, serverCredentials } from '#libs/agent-protocol/credentials';
import { bytesService } from './bytes-service.js';

/** The thread that receives the bytes of `senders.ts` and drops them. Posts its port. */
const { kind, pki } = workerData as { kind: 'tls' | 'grpc'; pki: string };
parentPort!.postMessage(await (kind === 'tls' ? listenTls() : listenGrpc()));

async function listenTls(): Promise<number> {
  const server = createServer({ ...readPki(pki), minVersion: 'TLSv1.3', requestCert: true }, (socket) => {
    follow(socket).catch(() => socket.destroy()); // the sender's connection ends, and with it its measurement
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function follow(socket: TLSSocket): Promise<void> {
  const channel = new DataChannel(socket);
  for (;;) {
    const { type, payload } = await channel.receive();
    if (type === FrameType.message) return channel.send(FrameType.message, Buffer.alloc(0));
    channel.recycle(payload);
  }
}

function listenGrpc(): Promise<number> {
  const server = new Server(channelOptions);
  server.addService(bytesService, {
    send(stream: ServerReadableStream<Buffer, Buffer>, answer: sendUnaryData<Buffer>) {
      stream.resume().on('end', () => answer(null, Buffer.alloc(0)));
    },
  });
  return new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', serverCredentials(readPki(pki)), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
}
