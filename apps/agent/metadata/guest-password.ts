import type { IncomingMessage, ServerResponse } from 'node:http';
import { openstackVersions } from './openstack-forms.js';

/** Nova: the date since which the metadata service has it. */
const SINCE = '2013-04-04';
/** Nova: four pieces of 255 characters. */
const MOST_BYTES = 1_020;

/** Asks the control plane to keep what was posted ('': only asks). Rejects where the control plane does not answer. */
export type KeepPassword = (posted: string) => Promise<{ password: string; kept: boolean }>;

/** Whether the path is `/openstack/VERSION/password`. */
export function isPasswordPath(path: string): boolean {
  const [first, version = '', file, ...more] = path.split('/').filter((part) => part !== '' && part !== '.');
  const known = openstackVersions.includes(version) && version >= SINCE; // 'latest' sorts behind every date
  return first === 'openstack' && known && file === 'password' && !more.length;
}

/**
 * Nova API: metadata: GET shows the password, POST sets it once: 400 for what is too long or no text, 409 where there is one. 503
 * where the control plane cannot be asked.
 */
export async function answerPassword(
  keep: KeepPassword,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = '' } = request;
  if (!['GET', 'HEAD', 'POST'].includes(method)) return end(response, 405, '', { Allow: 'GET, HEAD, POST' });
  const posted = method === 'POST' ? await bodyOf(request) : '';
  if (posted === null || !/^[\t\n\r\x20-\x7e]*$/.test(posted))
    return end(response, 400, `At most ${MOST_BYTES} printable ASCII characters are expected.`);
  try {
    const { password, kept } = await keep(posted);
    if (method === 'POST') return end(response, posted && !kept ? 409 : 200, '');
    end(response, 200, method === 'HEAD' ? '' : password);
  } catch {
    end(response, 503, '', { 'Retry-After': '1' });
  }
}

/** Null where it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MOST_BYTES) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function end(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  const type = body ? { 'Content-Type': 'text/plain; charset=UTF-8' } : {};
  const close = status === 400 ? { Connection: 'close' } : {};
  response.writeHead(status, { 'Content-Length': Buffer.byteLength(body), ...type, ...close, ...headers }).end(body);
}
