import { once } from 'node:events';
import http from 'node:http';
import type { IncomingMessage } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import type { FuzzRequest } from './requests.js';
import type { Kind } from './values.js';

export interface FuzzAnswer {
  status: number;
  text: string;
}

/** What stands for `{kind}`, and the tokens of who asks. */
export interface Names {
  of(kind: Kind): string;
  token(as: FuzzRequest['as']): string | undefined;
}

/** Longer than any request takes on a busy machine: what is not answered by then hangs. */
const HANGS_MS = 120_000;

/** Sends a request as it is written, ids filled in. A connection that breaks is status 0. */
export async function send(port: number, request: FuzzRequest, names: Names): Promise<FuzzAnswer> {
  const fill = (text: string, write = (name: string) => name) =>
    text.replace(/\{(\w+)\}/g, (whole, kind: string) => write(names.of(kind as Kind) ?? whole));
  const token = names.token(request.as);
  const headers = Object.entries(request.headers).map(([name, value]) => [name, fill(value)]);
  const body = request.body === undefined ? undefined : fill(request.body);
  const sent = http.request({
    port,
    host: '127.0.0.1',
    method: request.method,
    path: fill(request.path, encodeURIComponent),
    headers: {
      ...(Object.fromEntries(headers.filter(([, value]) => value !== '')) as Record<string, string>),
      ...(token !== undefined && { 'X-Auth-Token': token }),
      ...(body !== undefined && { 'Content-Length': Buffer.byteLength(body) }),
    },
    timeout: HANGS_MS,
  });
  // One that comes after the answer is nobody's.
  sent.on('error', () => undefined);
  sent.on('timeout', () => sent.destroy(new Error('not answered')));
  try {
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
    sent.end(body);
    const [response] = await answered;
    return { status: response.statusCode ?? 0, text: await textOf(response) };
  } catch (error) {
    return { status: 0, text: String(error) };
  }
}

const UNNAMED = /the database cannot store, compare or index/;

/** Why an answer is none that a request may have; null where it is one. */
export function faultOf({ status, text }: FuzzAnswer): string | null {
  if (status === 0) return `no answer: ${text}`;
  if (status >= 500 && status !== 501) return `${status}: ${text.slice(0, 300)}`;
  // A face let it through to the database, and says nothing of the field.
  return status === 400 && UNNAMED.test(text) ? `400 without a field: ${text.slice(0, 300)}` : null;
}
