import type { WebSocket } from 'ws';
import { TooManyRequestsError } from '#libs/common/errors';
import type { Principal } from '#libs/identity/principal';
import type { Tokens } from '#libs/identity/tokens/tokens.service';
import type { Event } from '#libs/operations/events';
import { allows, requireMayTry } from '#libs/policy/policy';

/** Of one project, so that nobody takes them all. */
const MAX_PER_PROJECT = 100;

type Listener = Principal;

/** Who listens, and to what: a token's project hears its own, an admin all. */
export class Audience {
  private readonly listeners = new Map<WebSocket, Listener>();

  constructor(private readonly tokens: Pick<Tokens, 'present'>) {}

  get size(): number {
    return this.listeners.size;
  }

  /** Throws ForbiddenError where the token is for no project or without a role there, TooManyRequestsError. */
  judge(principal: Principal): void {
    requireMayTry(principal, 'fleet:operations:list');
    const same = [...this.listeners.values()].filter(({ projectId }) => projectId === principal.projectId);
    if (same.length >= MAX_PER_PROJECT) throw new TooManyRequestsError('Too many open event streams.', 60);
  }

  add(socket: WebSocket, principal: Principal): void {
    this.listeners.set(socket, principal);
    socket.on('close', () => this.listeners.delete(socket));
  }

  *of(event: Event): Generator<[WebSocket, Listener]> {
    for (const [socket, listener] of this.listeners) if (hears(listener, event)) yield [socket, listener];
  }

  /** Those whose token has run out at `now`. */
  *expired(now: number): Generator<WebSocket> {
    for (const [socket, { expiresAt }] of this.listeners) if (expiresAt.getTime() <= now) yield socket;
  }

  /** Asks again what every token stands for; gives those whose token stands for nobody, or for no role, any more. */
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

function hears(principal: Principal, { projectId }: Event): boolean {
  if (allows(principal, 'fleet:operations:all_projects')) return true;
  return projectId !== null && projectId === principal.projectId;
}

const mayListen = (principal: Principal): boolean =>
  allows(principal, 'fleet:operations:list', { project_id: principal.projectId });
