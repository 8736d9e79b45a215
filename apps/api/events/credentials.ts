import type { IncomingMessage } from 'node:http';
import { InvalidInputError } from '#libs/common/errors';
import { EVENTS_PATH } from './events-path.js';

/** The protocol that is spoken; a browser, which can set no header, names its token beside it. */
export const PROTOCOL = 'lxstack.events';
const TOKEN_PROTOCOL = /^lxstack\.token\.([A-Za-z0-9_-]{1,512})$/;

/**
 * The token that an upgrade carries, in X-Auth-Token or as a protocol `lxstack.token.TOKEN`; undefined where it is to
 * come in the first message. Never in the URL, which logs and histories keep. Throws InvalidInputError.
 */
export function tokenOf(request: IncomingMessage): string | undefined {
  if (new URL(request.url ?? '/', 'http://api').searchParams.has('token'))
    throw new InvalidInputError('token', `no token in the URL of ${EVENTS_PATH}: X-Auth-Token or the first message`);
  const header = request.headers['x-auth-token'];
  if (header) return String(header);
  const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
  return protocols.map((one) => TOKEN_PROTOCOL.exec(one)?.[1]).find((token) => token !== undefined);
}

/** The token of a first message `{"token": "…"}`; '' where it has none. */
export function tokenIn(message: string): string {
  try {
    const { token } = JSON.parse(message) as { token?: unknown };
    return typeof token === 'string' ? token : '';
  } catch {
    return '';
  }
}
