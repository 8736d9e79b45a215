import { makeGenericClientConstructor } from '@grpc/grpc-js';
import type { ClientWritableStream } from '@grpc/grpc-js';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { DataChannel } from '#apps/agent/migration/wire/data-channel';
import { FrameFiller, PART } from '#apps/agent/migration/wire/frame-filler';
import { FrameType } from '#apps/agent/migration/wire/wire-frames';
import { Throttle } from '#apps/agent/migration/wire/throttle';
import { channelCredentials, channelOptions, checkIdentity, readPki } from '#libs/agent-protocol/credentials';
import { bytesService } from './bytes-service.js';

/** Sends `mebibytes` over a connection of its own; resolves when the far end has all of it. */
type Send = (pki: string, port: number, mebibytes: number) => Promise<void>;

const CAP_MIB = 64;
const part = Buffer.alloc(PART, 0x5a);

export const senders: { name: string; kind: 'tls' | 'grpc'; send: Send; capMiB?: number }[] = [
  { name: 'gRPC stream, messages of 256 KiB', kind: 'grpc', send: overGrpc },
  { name: 'TLS stream, frames', kind: 'tls', send: overTls(new Throttle(0)) },
  {
    name: `TLS stream, frames, capped at ${CAP_MIB} MiB/s`,
    kind: 'tls',
    send: overTls(new Throttle(CAP_MIB << 20)),
    capMiB: CAP_MIB,
  },
];

function overTls(throttle: Throttle): Send {
  return async (pki, port, mebibytes) => {
    const checkServerIdentity = (_host: string, certificate: Parameters<typeof checkIdentity>[0]) =>
      checkIdentity(certificate, { role: 'agent' });
    const socket = connect({ port, host: '127.0.0.1', ...readPki(pki), minVersion: 'TLSv1.3', checkServerIdentity });
    await once(socket, 'secureConnect');
    const channel = new DataChannel(socket);
    const frames = new FrameFiller(FrameType.memory, channel, throttle);
    for (let i = 0; i < (mebibytes << 20) / PART; i++) await frames.put([part]);
    await frames.flush();
    await channel.send(FrameType.message, Buffer.alloc(0));
    await channel.receive();
    channel.close();
  };
}

async function overGrpc(pki: string, port: number, mebibytes: number): Promise<void> {
  const Client = makeGenericClientConstructor(bytesService, 'Bytes');
  const client = new Client(`127.0.0.1:${port}`, channelCredentials(readPki(pki), { role: 'agent' }), channelOptions);
  const answered = Promise.withResolvers<void>();
  const stream = client.send!((error: Error | null) =>
    error ? answered.reject(error) : answered.resolve(),
  ) as ClientWritableStream<Buffer>;
  for (let i = 0; i < (mebibytes << 20) / PART; i++) if (!stream.write(part)) await once(stream, 'drain');
  stream.end();
  await answered.promise;
  client.close();
}
