import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:tls';
import type { Server, TLSSocket } from 'node:tls';
import { checkIdentity, readPki } from '#libs/agent-protocol/credentials';
import { sleep } from '#libs/common/clock';
import { messageOf } from '#libs/common/errors';
import { DataChannel } from './data-channel.js';
import { FrameType } from './wire-frames.js';
import type { IncomingMove } from '../target/incoming-move.js';
import type { Hello } from './messages.js';
import type { MigrationDeps } from '../movable-instances.js';

const HELLO_TIMEOUT_MS = 5_000;
const CONNECTIONS = 64;

/** Takes the data connections of other agents: TLS 1.3, their certificate, and the token of a prepared migration. */
export async function listenForMoves(
  deps: MigrationDeps,
  find: (migrationId: string) => IncomingMove | undefined,
): Promise<Server> {
  const pki = readPki(deps.pkiDirectory);
  const server = createServer(
    { ca: pki.ca, cert: pki.cert, key: pki.key, minVersion: 'TLSv1.3', requestCert: true, rejectUnauthorized: true },
    (socket) => {
      void welcome(socket, find).catch((error: unknown) => {
        deps.logger.warn({ peer: socket.remoteAddress, reason: messageOf(error) }, 'data connection refused');
        socket.destroy();
      });
    },
  );
  server.maxConnections = CONNECTIONS;
  const [host, port] = splitAddress(deps.dataListen);
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

async function welcome(socket: TLSSocket, find: (id: string) => IncomingMove | undefined): Promise<void> {
  const stranger = checkIdentity(socket.getPeerCertificate(), { role: 'agent' });
  if (stranger) throw stranger;
  const channel = new DataChannel(socket);
  const frame = await Promise.race([channel.receive(), sleep(HELLO_TIMEOUT_MS)]);
  if (frame?.type !== FrameType.hello) throw new Error('no hello in time');
  const hello = JSON.parse(frame.payload.toString()) as Hello;
  const move = find(hello.migrationId);
  if (!move?.record.token || move.finished || !equal(move.record.token, hello.token))
    throw new Error('no such migration and token');
  move.record.token = ''; // good once
  await move.serve(channel);
}

/** Opens the data connection to the target named in its certificate; throws where that is another. */
export async function connectToTarget(
  deps: MigrationDeps,
  address: string,
  targetHost: string,
  hello: Hello,
): Promise<DataChannel> {
  const pki = readPki(deps.pkiDirectory);
  const [host, port] = splitAddress(address);
  const socket = connect({
    host,
    port,
    ca: pki.ca,
    cert: pki.cert,
    key: pki.key,
    minVersion: 'TLSv1.3',
    checkServerIdentity: (_host, certificate) => checkIdentity(certificate, { role: 'agent', name: targetHost }),
  });
  await Promise.race([
    once(socket, 'secureConnect'),
    sleep(10_000).then(() => Promise.reject(new Error(`${address} does not answer`))),
  ]);
  const channel = new DataChannel(socket);
  await channel.greet(hello);
  return channel;
}

/** `host:port`, `[v6]:port`. */
export function splitAddress(address: string): [string, number] {
  const at = address.lastIndexOf(':');
  return [address.slice(0, at).replace(/^\[|\]$/g, ''), Number(address.slice(at + 1))];
}

const equal = (a: string, b: string): boolean =>
  timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
