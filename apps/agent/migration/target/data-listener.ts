import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:tls';
import type { Server, TLSSocket } from 'node:tls';
import { checkIdentity, readPki } from '#libs/agent-protocol/credentials';
import { sleep } from '#libs/common/clock';
import { messageOf } from '#libs/common/errors';
import { DataChannel } from '../wire/data-channel.js';
import { FrameType } from '../wire/wire-frames.js';
import { splitAddress } from '../wire/data-connection.js';
import type { IncomingMove } from './incoming-move.js';
import type { Hello } from '../wire/messages.js';
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

const equal = (a: string, b: string): boolean =>
  timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
