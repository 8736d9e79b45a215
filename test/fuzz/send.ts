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

/** What replaces `{kind}` in a request, and the callers' tokens. */
export interface Names {
  of(kind: Kind): string;
  token(as: FuzzRequest['as']): string | undefined;
}

/** Milliseconds after which a request hangs; on a busy machine every request is answered before. */
const HANGS_MS = 120_000;

/** Sends a request with the ids filled in. A broken connection is reported as status 0. */
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
  // An error after the answer does not matter.
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

/** Why no request may have such an answer; null where it may. */
export function faultOf({ status, text }: FuzzAnswer): string | null {
  if (status === 0) return `no answer: ${text}`;
  if (status >= 500 && status !== 501) return `${status}: ${text.slice(0, 300)}`;
  // The face let the value through to the database, and names no field.
  return status === 400 && UNNAMED.test(text) ? `400 without a field: ${text.slice(0, 300)}` : null;
}
