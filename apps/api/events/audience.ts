import type { WebSocket } from 'ws';
import { TooManyRequestsError } from '#libs/common/errors';
import type { Principal } from '#libs/identity/principal';
import type { Tokens } from '#libs/identity/tokens/tokens.service';
import type { Event } from '#libs/operations/events';
import { hears, mayListen, requireMayListen } from '#libs/operations/event-hearing';

/** Open streams of one project, so that no project takes all of them. */
const MAX_PER_PROJECT = 100;

type Listener = Principal;

/** Who listens to which events: a project's token hears the project's events, an administrator's all. */
export class Audience {
  private readonly listeners = new Map<WebSocket, Listener>();

  constructor(private readonly tokens: Pick<Tokens, 'present'>) {}

  get size(): number {
    return this.listeners.size;
  }

  /**
   * Throws ForbiddenError where the token has no project or no role there, TooManyRequestsError where the project has
   * too many open streams.
   */
  judge(principal: Principal): void {
    requireMayListen(principal);
    const same = [...this.listeners.values()].filter(({ projectId }) => projectId === principal.projectId);
    if (same.length >= MAX_PER_PROJECT) throw new TooManyRequestsError('Too many open event streams.', 60);
  }

  /** Adds a stream; it is removed when its socket closes. */
  add(socket: WebSocket, principal: Principal): void {
    this.listeners.set(socket, principal);
    socket.on('close', () => this.listeners.delete(socket));
  }

  /** The streams that hear this event. */
  *of(event: Event): Generator<[WebSocket, Listener]> {
    for (const [socket, listener] of this.listeners) if (hears(listener, event)) yield [socket, listener];
  }

  /** The streams whose token has expired at `now`. */
  *expired(now: number): Generator<WebSocket> {
    for (const [socket, { expiresAt }] of this.listeners) if (expiresAt.getTime() <= now) yield socket;
  }

  /**
   * Reads again what every token stands for. Returns the streams whose token is no longer valid or has lost its role.
   */
  async refresh(): Promise<WebSocket[]> {
    const asked = [...this.listeners];
    const present = await this.tokens.present([...new Set(asked.map(([, { tokenHash }]) => tokenHash))]);
    const ended: WebSocket[] = [];
    for (const [socket, { tokenHash }] of asked) {
      const principal = present.get(tokenHash);
      if (!principal || !mayListen(principal)) ended.push(socket);
      else if (this.listeners.has(socket)) this.listeners.set(socket, principal);
    }
    return ended;
  }
}
