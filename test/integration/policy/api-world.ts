import 'reflect-metadata';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { AppModule } from '#apps/api/app.module';
import { EventStream } from '#apps/api/events/event-stream';
import { IdentityBootstrap } from '#libs/identity/bootstrap';
import type { FakeAgent } from '../support/fake-agent/fake-agent.js';
import type { Peers } from '../support/fake-agent/fake-agent.js';
import { addHostThatIsUp } from '../support/host-that-is-up.js';
import { createTestDatabase } from '../support/servers.js';
import { TestPki } from '../support/test-pki.js';
import { TestRedis } from '../support/test-redis.js';

const PASSWORD = 'a password of tests';

/** Any JSON of an answer; a test asserts what it reads. */
export interface Json {
  [key: string]: Json;
}

export interface Answer {
  status: number;
  /** {} where the answer is no JSON. */
  body: Json;
  text: string;
  headers: Headers;
}

export interface Ask {
  token?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** The whole api process on a database of its own, with real tokens. Agents are fakes, and no worker runs. */
export class ApiWorld {
  readonly agents: Peers = new Map();

  private constructor(
    readonly url: string,
    private readonly app: NestExpressApplication,
    readonly pki: TestPki,
    private readonly clean: () => Promise<void>,
  ) {}

  static async start(): Promise<ApiWorld> {
    const { url: databaseUrl, drop } = await createTestDatabase();
    const [redis, directory] = [await TestRedis.start(), await mkdtemp(join(tmpdir(), 'lx-api-'))];
    const pki = await TestPki.create(join(directory, 'pki'));
    Object.assign(process.env, {
      LXSTACK_DATABASE_URL: databaseUrl,
      LXSTACK_REDIS_URL: redis.url(),
      LXSTACK_BLOB_DIR: join(directory, 'blobs'),
      LXSTACK_PKI_DIR: await pki.issue('control:api'),
      LXSTACK_CONTROL_LISTEN: '127.0.0.1:0',
      LXSTACK_ENROL_LISTEN: '127.0.0.1:0',
      LXSTACK_API_LISTEN: '127.0.0.1:0',
      LXSTACK_ADMIN_PASSWORD_FILE: join(directory, 'password'),
    });
    await writeFile(join(directory, 'password'), PASSWORD);
    const app = await NestFactory.create<NestExpressApplication>(AppModule, { logger: ['error'], bodyParser: false });
    app.enableShutdownHooks();
    await app.get(IdentityBootstrap, { strict: false }).run(PASSWORD);
    await app.listen(0, '127.0.0.1');
    const server = app.getHttpServer() as Server;
    app.get(EventStream, { strict: false }).attach(server);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    process.env.LXSTACK_PUBLIC_URL = url;
    return new ApiWorld(url, app, pki, async () => {
      await Promise.all([drop(), redis.stop(), rm(directory, { recursive: true })]);
    });
  }

  get database(): DataSource {
    return this.app.get(DataSource);
  }

  /** A service of the process. */
  get<T>(type: abstract new (...args: never[]) => T): T {
    return this.app.get<T>(type as never, { strict: false });
  }

  /** The OpenAPI document, as /docs makes it. */
  document(): OpenAPIObject {
    return SwaggerModule.createDocument(this.app, new DocumentBuilder().build());
  }

  async stop(): Promise<void> {
    await this.app.close();
    for (const agent of this.agents.values()) agent.close();
    await this.clean();
  }

  async ask(method: string, path: string, { token, body, headers = {} }: Ask = {}): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        'openstack-api-version': 'compute 2.90',
        ...(token === undefined ? {} : { 'x-auth-token': token }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json') && text;
    return { status: response.status, headers: response.headers, text, body: json ? (JSON.parse(text) as Json) : {} };
  }

  /** As `ask`; throws where the answer is no success. */
  async must(method: string, path: string, ask: Ask = {}): Promise<Json> {
    const { status, text, body } = await this.ask(method, path, ask);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return body;
  }

  /** Logs in and returns the token; `scope` as in the request's body. */
  async login(name: string, scope: object | string, password = PASSWORD): Promise<string> {
    const identity = { methods: ['password'], password: { user: { name, domain: { id: 'default' }, password } } };
    const answer = await this.ask('POST', '/identity/v3/auth/tokens', { body: { auth: { identity, scope } } });
    const token = answer.headers.get('x-subject-token');
    if (answer.status !== 201 || !token) throw new Error(`login of ${name}: ${answer.status} ${answer.text}`);
    return token;
  }

  admin(): Promise<string> {
    return this.login('admin', { project: { name: 'admin', domain: { id: 'default' } } });
  }

  /** Makes a user with this role on the project (made where it is missing); returns the user with a token. */
  async person(admin: string, name: string, role: string, project: string): Promise<Person> {
    await this.ask('POST', '/identity/v3/projects', { token: admin, body: { project: { name: project } } });
    const { projects } = await this.must('GET', `/identity/v3/projects?name=${project}`, { token: admin });
    const projectId = String(first(projects).id);
    const userId = await this.user(admin, name);
    await this.grant(admin, role, userId, `projects/${projectId}`);
    return { userId, projectId, token: await this.login(name, { project: { id: projectId } }) };
  }

  async user(admin: string, name: string, domain = 'default'): Promise<string> {
    const body = { user: { name, password: PASSWORD, domain_id: domain } };
    return String((await this.must('POST', '/identity/v3/users', { token: admin, body })).user!.id);
  }

  /** `target`: `projects/ID` or `domains/ID`. */
  async grant(admin: string, role: string, userId: string, target: string): Promise<void> {
    const { roles } = await this.must('GET', `/identity/v3/roles?name=${role}`, { token: admin });
    await this.must('PUT', `/identity/v3/${target}/users/${userId}/roles/${String(first(roles).id)}`, { token: admin });
  }

  /** Adds a compute host that is up and whose agent refuses no live move. */
  addHost(name: string): Promise<FakeAgent> {
    return addHostThatIsUp(this, name, { vcpus: 64, memoryMb: 65_536, diskGb: 500, leaseMs: 6_000_000 });
  }
}

export interface Person {
  userId: string;
  projectId: string;
  token: string;
}

export function first(list: Json | undefined): Json {
  if (!Array.isArray(list) || !list.length) throw new Error(`a list with something in it, not ${JSON.stringify(list)}`);
  return list[0] as Json;
}
