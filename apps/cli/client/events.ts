import { WebSocket } from 'ws';
import { atMost } from '#libs/common/clock';
import type { Api, ApiAccess } from './api.js';

/** A message of the websocket `/fleet/v1/events`. */
export interface FleetEvent {
  type: 'operation' | 'instance' | 'migration' | 'reconnected';
  /** Id of the operation, instance or migration that changed. */
  id: string;
  /** Id of the instance, port, image … that the change is about. */
  resourceId: string;
  /** The whole message: kind, state, step, phase, … */
  data: Record<string, unknown>;
}

/** Milliseconds after which a wait looks again although no event came: events may be lost. */
const recheckMs = 2_000;
const reconnectMs = 500;

/** The fleet's events, and waits that they wake. Connects again when the API has restarted. */
export class Events {
  private socket: WebSocket | undefined;
  private closed = false;
  private readonly listeners = new Set<(event: FleetEvent) => void>();

  private constructor(
    private readonly api: Api,
    private readonly access: ApiAccess,
  ) {}

  /** Connects; throws where the API does not accept the websocket. */
  static async open(api: Api, access: ApiAccess): Promise<Events> {
    const events = new Events(api, access);
    await events.connect();
    return events;
  }

  /** Calls `listener` for each event until the returned function is called. */
  listen(listener: (event: FleetEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Calls `check` now, and again at each event that names `resourceId`, until it returns a value. Throws after
   * `timeoutMs`, with `what` as what was waited for.
   */
  async until<T>(resourceId: string, what: string, timeoutMs: number, check: () => Promise<T | undefined>): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    let changed = Promise.withResolvers<void>();
    const forget = this.listen((event) => {
      if (event.type === 'reconnected' || event.id === resourceId || event.resourceId === resourceId) changed.resolve();
    });
    try {
      for (;;) {
        const found = await check();
        if (found !== undefined) return found;
        const left = deadline - Date.now();
        if (left <= 0) throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
        await atMost(changed.promise, Math.min(left, recheckMs));
        changed = Promise.withResolvers<void>();
      }
    } finally {
      forget();
    }
  }

  /** Ends the connection and does not connect again. */
  close(): void {
    this.closed = true;
    this.socket?.close();
  }

  private async connect(): Promise<void> {
    const url = new URL('/fleet/v1/events', this.access.url);
    url.protocol = 'wss:';
    const socket = new WebSocket(url, {
      ca: this.access.ca,
      headers: { 'x-auth-token': await this.api.authenticate() },
    });
    this.socket = socket;
    // An open stream alone does not keep the process alive; waits have timers of their own.
    socket.on('upgrade', (response) => response.socket.unref());
    socket.on('message', (data) => this.dispatch(parseEvent(String(data))));
    await new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => this.reconnect());
  }

  private reconnect(): void {
    if (this.closed) return;
    setTimeout(() => {
      // Events may have been missed, so every wait looks again.
      this.connect().then(
        () => this.dispatch({ type: 'reconnected', id: '', resourceId: '', data: {} }),
        () => this.reconnect(),
      );
    }, reconnectMs).unref();
  }

  private dispatch(event: FleetEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}

function parseEvent(text: string): FleetEvent {
  const data = JSON.parse(text) as Record<string, unknown>;
  return { type: data.type as FleetEvent['type'], id: String(data.id), resourceId: String(data.resourceId), data };
}
