import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from '#libs/common/logger';
import { Turns } from '#libs/common/turns';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { METADATA_V4, METADATA_V6 } from '../network/metadata-rules.js';
import { answerPassword, isPasswordPath } from './guest-password.js';
import type { KeepPassword } from './guest-password.js';
import { guestOf, plainAddress, sendsFrom } from './guest.js';
import type { Guest } from './guest.js';
import { answerOf } from './lookup.js';
import { NamespaceListeners } from './namespace-listeners.js';

/** Bounds for what guests can hold of this process: connections of a network and of one guest, and their time. */
const [MOST_CONNECTIONS, MOST_OF_ONE] = [512, 32];
const LIMITS = { headersTimeout: 10_000, requestTimeout: 10_000, keepAliveTimeout: 5_000, maxHeaderSize: 8 * 1024 };
/** Nova: 512 bytes. */
const SEED_BYTES = 512;

interface Listener {
  server: Server;
  /** Inode of the namespace that it listens in. */
  inode: number;
  /** Open connections by source address. */
  open: Map<string, number>;
}

interface Deps {
  /** This host's instances, with their NICs and networks as they are now. */
  specs: () => Iterable<InstanceSpec>;
  /** As the control plane's KeepGuestPassword. */
  keepPassword: (instanceId: string, posted: string) => ReturnType<KeepPassword>;
  logger: Logger;
}

/** The metadata service of this host's guests: one HTTP server per network, inside the network's namespace. */
export class MetadataService {
  private readonly listeners = new Map<string, Listener>();
  /** By network: several starts of instances ask at once, and a second socket for the same port cannot be made. */
  private readonly turns = new Turns();

  constructor(
    private readonly deps: Deps,
    private readonly sockets: Pick<NamespaceListeners, 'open'> = new NamespaceListeners(),
  ) {}

  /** Serves the network in the namespace at `path`; serving already is a success. Throws UnavailableError. */
  serve(networkId: string, path: string): Promise<void> {
    return this.turns.take(networkId, () => this.listen(networkId, path));
  }

  private async listen(networkId: string, path: string): Promise<void> {
    const { ino } = await stat(path);
    if (this.listeners.get(networkId)?.inode === ino) return;
    this.end(networkId);
    const handle = await this.sockets.open(path);
    const listener: Listener = { server: createServer(LIMITS), inode: ino, open: new Map() };
    const { server } = listener;
    server.maxConnections = MOST_CONNECTIONS;
    server.on('connection', (socket) => admit(listener, socket));
    server.on('request', (request, response) => this.answer(networkId, request, response));
    server.on('error', (error) => this.deps.logger.warn({ err: error, network: networkId }, 'metadata is not served'));
    server.listen(handle);
    this.listeners.set(networkId, listener);
  }

  /** Whether the network is served in the namespace at `path`. */
  async serves(networkId: string, path: string): Promise<boolean> {
    const found = await stat(path).catch(() => undefined);
    return found !== undefined && this.listeners.get(networkId)?.inode === found.ino;
  }

  /** Ends the network's server and its connections. */
  end(networkId: string): void {
    const listener = this.listeners.get(networkId);
    this.listeners.delete(networkId);
    listener?.server.close();
    listener?.server.closeAllConnections();
  }

  private answer(networkId: string, request: IncomingMessage, response: ServerResponse): void {
    const { socket, method = '', url = '/' } = request;
    const guest = this.find(networkId, plainAddress(socket.remoteAddress ?? ''));
    const asked = plainAddress(socket.localAddress ?? '');
    const isAsked = asked === METADATA_V4 || asked === METADATA_V6;
    const path = pathOf(url);
    if (guest && isAsked && path !== undefined && isPasswordPath(path))
      return void answerPassword((posted) => this.deps.keepPassword(guest.spec.id, posted), request, response);
    if (method !== 'GET' && method !== 'HEAD') return finish(response, 405);
    const found = guest && isAsked && path !== undefined ? answerOf(guest, path, randomSeed) : undefined;
    if (!found) return finish(response, 404);
    response.writeHead(200, { 'Content-Type': found.type, 'Content-Length': Buffer.byteLength(found.body) });
    response.end(method === 'HEAD' ? undefined : found.body);
  }

  /** The guest whose port on this network has the source address. */
  private find(networkId: string, source: string): Guest | undefined {
    for (const spec of this.deps.specs())
      if (spec.nics.some((nic) => nic.networkId === networkId && sendsFrom(nic, source))) return guestOf(spec);
    return undefined;
  }
}

/** Counts the connection for its source, and ends it where that has too many. */
function admit({ open }: Listener, socket: Socket): void {
  const source = socket.remoteAddress ?? '';
  const count = (open.get(source) ?? 0) + 1;
  if (count > MOST_OF_ONE) return void socket.destroy();
  open.set(source, count);
  socket.once('close', () => {
    const left = (open.get(source) ?? 1) - 1;
    if (left) open.set(source, left);
    else open.delete(source);
  });
}

function finish(response: ServerResponse, status: 404 | 405): void {
  response.writeHead(status, { 'Content-Length': 0, ...(status === 405 && { Allow: 'GET, HEAD' }) }).end();
}

/** The decoded path; undefined where it cannot be decoded. */
function pathOf(url: string): string | undefined {
  try {
    return decodeURIComponent(url.replace(/[?#].*$/, ''));
  } catch {
    return undefined;
  }
}

const randomSeed = (): string => randomBytes(SEED_BYTES).toString('base64');
