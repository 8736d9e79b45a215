import type { IncomingMessage } from 'node:http';
import { InvalidInputError } from '#libs/common/errors';
import { EVENTS_PATH } from './events-path.js';

/** The websocket's protocol. A browser cannot set headers, so it names its token as a second protocol. */
export const PROTOCOL = 'lxstack.events';
const TOKEN_PROTOCOL = /^lxstack\.token\.([A-Za-z0-9_-]{1,512})$/;

/**
 * The token of an upgrade request: X-Auth-Token, or a protocol `lxstack.token.TOKEN`; undefined where the first message
 * will bring it. Never in the URL, because logs and histories keep URLs. Throws InvalidInputError.
 */
export function tokenOf(request: IncomingMessage): string | undefined {
  if (new URL(request.url ?? '/', 'http://api').searchParams.has('token'))
    throw new InvalidInputError('token', `no token in the URL of ${EVENTS_PATH}: X-Auth-Token or the first message`);
  const header = request.headers['x-auth-token'];
  if (header) return String(header);
  const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
  return protocols.map((one) => TOKEN_PROTOCOL.exec(one)?.[1]).find((token) => token !== undefined);
}

/** The token of a first message `{"token": "…"}`; '' where the message has none. */
export function tokenIn(message: string): string {
  try {
    const { token } = JSON.parse(message) as { token?: unknown };
    return typeof token === 'string' ? token : '';
  } catch {
    return '';
  }
}
