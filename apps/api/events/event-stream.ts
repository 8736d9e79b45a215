import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { DomainError, ForbiddenError, InvalidInputError, messageOf, TooManyRequestsError } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { settings } from '#libs/common/settings/settings';
import { Events } from '#libs/operations/events';
import type { Event } from '#libs/operations/events';
import type { Principal } from '#libs/identity/principal';
import { memberView } from '#libs/operations/member-view';
import { readsFailures } from '#libs/operations/public-failure';
import { Tokens } from '#libs/identity/tokens/tokens.service';
import { Audience } from './audience.js';
import { PROTOCOL, tokenIn, tokenOf } from './credentials.js';
import { EVENTS_PATH } from './events-path.js';

const MAX_SOCKETS = 1_000;
/** Streams whose first message has not come yet. */
const MAX_WAITING = 100;
const PING_MS = 30_000;
/** Milliseconds until a stream notices that its token was revoked or its user disabled. */
const REFRESH_MS = 1_000;
/** Milliseconds in which the first message must bring the token where the upgrade had none. */
const FIRST_MESSAGE_MS = 10_000;
/** RFC 6455: 1008, the client broke a rule. */
const POLICY_VIOLATION = 1008;

/**
 * The websocket that tells of changes of operations, instances and migrations. A project's token hears the project's
 * events, an administrator's all, while the token is valid. A client that lets more than `LXSTACK_EVENTS_BUFFER_BYTES`
 * pile up is cut off.
 */
@Injectable()
export class EventStream implements OnApplicationShutdown {
  private readonly log = createLogger('events');
  private readonly audience: Audience;
  private readonly server = new WebSocketServer({
    noServer: true,
    maxPayload: 4096,
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  });
  private unsubscribe: (() => void) | undefined;
  private readonly timers: NodeJS.Timeout[] = [];
  private refreshing = false;

  constructor(
    private readonly events: Events,
    private readonly tokens: Tokens,
  ) {
    this.audience = new Audience(tokens);
  }

  /** Number of open streams whose token was accepted. */
  get listening(): number {
    return this.audience.size;
  }

  /** Takes over the upgrade requests of `http` to EVENTS_PATH and refuses those to other paths. */
  attach(http: Server): void {
    http.on('upgrade', (request, socket, head) => void this.upgrade(request, socket, head));
    this.events
      .subscribe((event) => this.tell(event))
      .then(
        (unsubscribe) => (this.unsubscribe = unsubscribe),
        (error: unknown) => this.log.warn({ error: messageOf(error) }, 'no events'),
      );
    this.timers.push(
      setInterval(() => this.server.clients.forEach((socket) => socket.ping()), PING_MS),
      setInterval(() => void this.refresh(), REFRESH_MS),
    );
  }

  /** Ends every stream. */
  async onApplicationShutdown(): Promise<void> {
    this.timers.forEach((timer) => clearInterval(timer));
    this.unsubscribe?.();
    for (const socket of this.server.clients) socket.close(1001, 'the API is stopping');
    this.server.close();
    return Promise.resolve();
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    if (new URL(request.url ?? '/', 'http://api').pathname !== EVENTS_PATH) return refuse(socket, '404 Not Found');
    if (this.server.clients.size >= MAX_SOCKETS) return refuse(socket, '503 Service Unavailable');
    try {
      const token = tokenOf(request);
      if (token === undefined && this.server.clients.size - this.audience.size >= MAX_WAITING)
        return refuse(socket, '503 Service Unavailable');
      const principal = token === undefined ? undefined : await this.admit(token);
      this.server.handleUpgrade(request, socket, head, (client) => this.welcome(client, principal));
    } catch (error) {
      if (!(error instanceof DomainError)) this.log.warn({ error: messageOf(error) }, 'upgrade failed');
      refuse(socket, statusOf(error));
    }
  }

  private async admit(token: string): Promise<Principal> {
    const principal = await this.tokens.validate(token);
    this.audience.judge(principal);
    return principal;
  }

  private welcome(socket: WebSocket, principal: Principal | undefined): void {
    socket.on('error', () => socket.terminate());
    if (principal) return this.audience.add(socket, principal);
    const late = setTimeout(() => socket.close(POLICY_VIOLATION, 'no token came'), FIRST_MESSAGE_MS);
    socket.on('close', () => clearTimeout(late));
    socket.once('message', (data) => {
      clearTimeout(late);
      this.admit(tokenIn((data as Buffer).toString('utf8'))).then(
        (admitted) => {
          this.audience.add(socket, admitted);
          socket.send(JSON.stringify({ type: 'ready' }));
        },
        (error: unknown) => socket.close(POLICY_VIOLATION, reasonOf(error)),
      );
    });
  }

  private tell(event: Event): void {
    const [whole, forMembers] = [renderEvent(event), renderEvent(memberView(event))];
    const most = settings('events').bufferBytes;
    for (const [socket, principal] of this.audience.of(event)) {
      const message = readsFailures(principal) ? whole : forMembers;
      if (socket.bufferedAmount + message.length > most) socket.terminate();
      else socket.send(message);
    }
  }

  /** Where the database does not answer, only its expiry ends a token. */
  private async refresh(): Promise<void> {
    for (const socket of this.audience.expired(Date.now())) socket.close(POLICY_VIOLATION, 'the token has run out');
    if (this.refreshing || !this.audience.size) return;
    this.refreshing = true;
    try {
      for (const socket of await this.audience.refresh()) socket.close(POLICY_VIOLATION, 'the token was revoked');
    } catch (error) {
      this.log.warn({ error: messageOf(error) }, 'tokens of open event streams could not be checked');
    } finally {
      this.refreshing = false;
    }
  }
}

/** `resource_id`: the instance of an operation or migration; else the thing itself. */
function renderEvent({ type, id, projectId, data }: Event): string {
  const resource = data.resourceId ?? data.instanceId ?? id;
  return JSON.stringify({ ...data, type, id, project_id: projectId, resource_id: resource, resourceId: resource });
}

function statusOf(error: unknown): string {
  if (error instanceof InvalidInputError) return '400 Bad Request';
  if (error instanceof ForbiddenError) return '403 Forbidden';
  if (error instanceof TooManyRequestsError) return '429 Too Many Requests';
  return error instanceof DomainError ? '401 Unauthorized' : '503 Service Unavailable';
}

/** RFC 6455: a reason has at most 123 bytes. */
function reasonOf(error: unknown): string {
  return error instanceof DomainError ? error.message.slice(0, 100) : 'the token could not be checked';
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
