import 'reflect-metadata';
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { EventsModule } from '#apps/api/events/events.module';
import { MetricsModule } from '#apps/api/metrics/metrics.module';
import { HttpModule } from '#apps/api/http/http.module';
import { IdentityFaceModule } from '#apps/api/openstack/identity/identity-face.module';
import { ImageFaceModule } from '#apps/api/openstack/image/image-face.module';
import { NetworkFaceModule } from '#apps/api/openstack/network/network-face.module';
import { DatabaseModule } from '#libs/database/database.module';
import { IdentityBootstrap } from '#libs/identity/bootstrap';
import { OperationsModule } from '#libs/operations/operations.module';
import { createTestDatabase } from './servers.js';
import { TestRedis } from './test-redis.js';

@Module({
  imports: [
    DatabaseModule,
    OperationsModule,
    HttpModule,
    EventsModule,
    MetricsModule,
    IdentityFaceModule,
    ImageFaceModule,
    NetworkFaceModule,
  ],
})
class FacesModule {}

export const PASSWORD = 'a password of tests';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** {} where the answer is no JSON. */
  body: Json;
}

/** Any JSON of an answer; a test asserts what it reads. */
export interface Json {
  [key: string]: Json;
}

export function items(value: Json): Json[] {
  assert.ok(Array.isArray(value), 'a list is expected');
  return value as Json[];
}

export function text(value: unknown): string {
  assert.ok(typeof value === 'string', `a string is expected, not ${String(value)}`);
  return value;
}

interface Ask {
  token?: string;
  /** A string or bytes are sent as they are, anything else as JSON. */
  body?: unknown;
  type?: string;
}

/** The faces over HTTP, on a database and a blob directory of their own. */
export class Faces {
  constructor(
    readonly url: string,
    readonly app: INestApplication,
    readonly database: DataSource,
    readonly blobs: string,
    private readonly drop: () => Promise<void>,
  ) {}

  async ask(method: string, path: string, { token, body, type = 'application/json' }: Ask = {}): Promise<Answer> {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'Content-Type': type }),
        ...(token === undefined ? {} : { 'X-Auth-Token': token }),
      },
      body: raw ? (body as string) : body === undefined ? undefined : JSON.stringify(body),
    });
    const content = await response.text();
    const json = response.headers.get('content-type')?.includes('json') && content;
    const parsed = json ? (JSON.parse(content) as Json) : {};
    return { status: response.status, headers: response.headers, text: content, body: parsed };
  }

  /** The answer of POST /v3/auth/tokens. `scope`: name of a project, 'unscoped', or none. */
  authenticate(name: string, password: string, scope?: string): Promise<Answer> {
    const domain = { id: 'default' };
    const identity = { methods: ['password'], password: { user: { name, domain, password } } };
    const where = scope === undefined || scope === 'unscoped' ? scope : { project: { name: scope, domain } };
    return this.ask('POST', '/identity/v3/auth/tokens', { body: { auth: { identity, scope: where } } });
  }

  async login(name = 'admin', password = PASSWORD, project = 'admin'): Promise<string> {
    const answer = await this.authenticate(name, password, project);
    if (answer.status !== 201) throw new Error(`${answer.status}: ${answer.text}`);
    return answer.headers.get('x-subject-token')!;
  }

  /** Makes a user with one role on a project of the same name; returns the user with a token. */
  async person(admin: string, name: string, role: string, project = name): Promise<Person> {
    await this.ask('POST', '/identity/v3/projects', { token: admin, body: { project: { name: project } } });
    const found = await this.ask('GET', `/identity/v3/projects?name=${project}`, { token: admin });
    const projectId = text(items(found.body.projects)[0]!.id);
    const wanted = { user: { name, password: PASSWORD } };
    const user = await this.ask('POST', '/identity/v3/users', { token: admin, body: wanted });
    const roles = await this.ask('GET', `/identity/v3/roles?name=${role}`, { token: admin });
    const [userId, roleId] = [text(user.body.user.id), text(items(roles.body.roles)[0]!.id)];
    await this.ask('PUT', `/identity/v3/projects/${projectId}/users/${userId}/roles/${roleId}`, { token: admin });
    return { userId, projectId, roleId, token: await this.login(name, PASSWORD, project) };
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.drop();
  }
}

export interface Person {
  userId: string;
  projectId: string;
  roleId: string;
  token: string;
}

export async function startFaces(): Promise<Faces> {
  const { url, drop } = await createTestDatabase();
  const blobs = await mkdtemp(join(tmpdir(), 'lx-blobs-'));
  process.env.LXSTACK_DATABASE_URL = url;
  const redis = await TestRedis.start();
  process.env.LXSTACK_REDIS_URL = redis.url();
  process.env.LXSTACK_BLOB_DIR = blobs;
  const app = await NestFactory.create(FacesModule, { logger: ['error', 'warn'], bodyParser: false });
  await app.get(IdentityBootstrap, { strict: false }).run(PASSWORD);
  await app.listen(Number(process.env.LXSTACK_TEST_PORT ?? 0), '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  process.env.LXSTACK_PUBLIC_URL = `http://127.0.0.1:${port}`;
  return new Faces(process.env.LXSTACK_PUBLIC_URL, app, app.get(DataSource), blobs, async () => {
    await drop();
    await redis.stop();
    await rm(blobs, { recursive: true });
  });
}
