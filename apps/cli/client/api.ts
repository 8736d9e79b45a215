import { request } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

/** Where a cloud's API is, which certificate to trust, and as whom to log in. */
export interface ApiAccess {
  /** `https://127.0.0.1:PORT`. */
  url: string;
  /** The certificate that signed the API's (PEM). */
  ca: Buffer;
  user: string;
  password: string;
  project: string;
}

export interface ApiResponse<T> {
  status: number;
  headers: IncomingHttpHeaders;
  body: T;
}

/** The API answered with another status than success. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly body: unknown,
    readonly request: string,
  ) {
    super(`${request}: ${status} ${typeof body === 'string' ? body : JSON.stringify(body)}`);
  }
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The microversion of every request to Nova. */
const computeVersion = 'compute 2.79';
const timeoutMs = 60_000;

/** A client of the OpenStack APIs over HTTPS. It logs in by itself, and again when its token has expired. */
export class Api {
  private token: string | undefined;

  constructor(private readonly access: ApiAccess) {}

  /**
   * Keystone API: POST /auth/tokens, by password, scoped to the project. The token is kept until the API refuses it.
   */
  async authenticate(): Promise<string> {
    const { user, password, project } = this.access;
    const domain = { id: 'default' };
    const answer = await this.exchange('POST', '/identity/v3/auth/tokens', {
      auth: {
        identity: { methods: ['password'], password: { user: { name: user, domain, password } } },
        scope: { project: { name: project, domain } },
      },
    });
    if (answer.status !== 201) throw new ApiError(answer.status, answer.body, 'POST /identity/v3/auth/tokens');
    this.token = String(answer.headers['x-subject-token']);
    return this.token;
  }

  /** Sends a request and returns the body. Throws ApiError for any status from 400 on. */
  async call<T>(method: Method, path: string, body?: unknown): Promise<T> {
    const answer = await this.ask<T>(method, path, body);
    if (answer.status >= 400) throw new ApiError(answer.status, answer.body, `${method} ${path}`);
    return answer.body;
  }

  /** Sends a request and returns the answer, errors included; renews an expired token once. */
  async ask<T>(
    method: Method,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<ApiResponse<T>> {
    const token = this.token ?? (await this.authenticate());
    const answer = await this.exchange<T>(method, path, body, { 'x-auth-token': token, ...headers });
    if (answer.status !== 401 || 'x-auth-token' in headers || (body instanceof Object && 'pipe' in body)) return answer;
    return this.exchange(method, path, body, { 'x-auth-token': await this.authenticate(), ...headers });
  }

  /** One request without login. `body` is sent as JSON, or as it comes where it is a stream. */
  exchange<T>(
    method: Method,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<ApiResponse<T>> {
    const stream = isStream(body) ? body : undefined;
    const type = stream ? 'application/octet-stream' : 'application/json';
    const url = new URL(path, this.access.url);
    return new Promise((resolve, reject) => {
      const outgoing = request(
        url,
        {
          method,
          ca: this.access.ca,
          timeout: timeoutMs,
          headers: {
            accept: 'application/json',
            'openstack-api-version': computeVersion,
            ...(body === undefined ? {} : { 'content-type': type }),
            ...headers,
          },
        },
        (incoming) => {
          buffer(incoming).then(
            (data) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: parse<T>(data) }),
            reject,
          );
        },
      );
      outgoing.on('timeout', () =>
        outgoing.destroy(new Error(`${method} ${path}: no answer in ${timeoutMs / 1000} s`)),
      );
      outgoing.on('error', reject);
      if (stream) stream.on('error', reject).pipe(outgoing);
      else outgoing.end(typeof body === 'string' || body === undefined ? body : JSON.stringify(body));
    });
  }
}

function isStream(body: unknown): body is Readable {
  return body instanceof Object && 'pipe' in body;
}

/** The parsed body, or its text where it is no JSON. */
function parse<T>(data: Buffer): T {
  const text = data.toString('utf8');
  if (!text) return undefined as T;
  try {
    return JSON.parse(text) as T;
  } catch {
    return text as T;
  }
}
