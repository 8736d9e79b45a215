import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { DomainError, messageOf } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { Events } from '#libs/operations/events';
import type { Event } from '#libs/operations/events';
import { Tokens } from '#libs/identity/tokens/tokens.service';

export const EVENTS_PATH = '/fleet/v1/events';
/** Bytes that may wait for one socket; a client that reads slower is cut off and connects again. */
const MAX_BUFFERED = 1024 * 1024;
const MAX_SOCKETS = 1_000;
const PING_MS = 30_000;

interface Audience {
  projectId: string;
  isAdmin: boolean;
}

/** The websocket on which operations, instances and migrations report. A token's project sees its own; an admin all. */
@Injectable()
export class EventStream implements OnApplicationShutdown {
  private readonly log = createLogger('events');
  private readonly sockets = new Map<WebSocket, Audience>();
  private readonly server = new WebSocketServer({ noServer: true, maxPayload: 4096 });
  private unsubscribe: (() => void) | undefined;
  private pings: NodeJS.Timeout | undefined;

  constructor(
    private readonly events: Events,
    private readonly tokens: Tokens,
  ) {}

  /** Takes over upgrades of `http` to EVENTS_PATH; every other one is refused. */
  attach(http: Server): void {
    http.on('upgrade', (request, socket, head) => void this.upgrade(request, socket, head));
    this.events
      .subscribe((event) => this.tell(event))
      .then(
        (unsubscribe) => (this.unsubscribe = unsubscribe),
        (error: unknown) => this.log.warn({ error: messageOf(error) }, 'no events'),
      );
    this.pings = setInterval(() => this.server.clients.forEach((socket) => socket.ping()), PING_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.pings);
    this.unsubscribe?.();
    for (const socket of this.sockets.keys()) socket.close(1001, 'the API is stopping');
    this.server.close();
    return Promise.resolve();
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const url = new URL(request.url ?? '/', 'http://api');
    if (url.pathname !== EVENTS_PATH) return refuse(socket, '404 Not Found');
    if (this.sockets.size >= MAX_SOCKETS) return refuse(socket, '503 Service Unavailable');
    try {
      const token = request.headers['x-auth-token'] ?? url.searchParams.get('token') ?? '';
      const audience = await this.tokens.validate(String(token));
      this.server.handleUpgrade(request, socket, head, (client) => this.welcome(client, audience));
    } catch (error) {
      if (!(error instanceof DomainError)) this.log.warn({ error: messageOf(error) }, 'upgrade failed');
      refuse(socket, error instanceof DomainError ? '401 Unauthorized' : '503 Service Unavailable');
    }
  }

  private welcome(socket: WebSocket, { projectId, isAdmin }: Audience): void {
    this.sockets.set(socket, { projectId, isAdmin });
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => socket.terminate());
  }

  private tell(event: Event): void {
    const message = renderEvent(event);
    for (const [socket, { projectId, isAdmin }] of this.sockets) {
      if (!isAdmin && event.projectId !== projectId) continue;
      if (socket.bufferedAmount > MAX_BUFFERED) socket.terminate();
      else socket.send(message);
    }
  }
}

/** `resource_id`: the instance an operation or migration is about, or the thing itself. */
function renderEvent({ type, id, projectId, data }: Event): string {
  const resource = data.resourceId ?? data.instanceId ?? id;
  return JSON.stringify({ ...data, type, id, project_id: projectId, resource_id: resource, resourceId: resource });
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
