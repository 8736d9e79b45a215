import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Reflector } from '@nestjs/core';
import { PolicyGuard } from '#apps/api/http/policy.guard';
import type { NextFunction, Request, Response } from 'express';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { InputModule } from '#apps/api/http/input/input.module';
import { ComputeFaceModule } from '#apps/api/openstack/compute/compute-face.module';
import type { Caller } from '#libs/common/caller';
import { DatabaseModule } from '#libs/database/database.module';
import { parseDatabaseUrl } from '#libs/database/data-source';
import { migrateSchema } from '#libs/database/schema';
import { FleetModule } from '#libs/fleet/fleet.module';
import { OperationsModule } from '#libs/operations/operations.module';
import type { FakeAgent } from './fake-agent/fake-agent.js';
import type { Peers } from './fake-agent/fake-agent.js';
import { addHostThatIsUp } from './host-that-is-up.js';
import { TestPki } from './test-pki.js';
import { TestRedis } from './test-redis.js';

@Module({ imports: [DatabaseModule, OperationsModule, FleetModule, InputModule, ComputeFaceModule] })
class TestModule {}

export interface Answer {
  status: number;
  headers: Headers;
  // A test asserts what it reads from it.
  body: Record<string, unknown>;
}

/** The compute face on a database of its own. A header names the caller, in place of a token. */
export class ComputeApi {
  readonly agents: Peers = new Map();

  private constructor(
    private readonly app: NestExpressApplication,
    readonly database: DataSource,
    readonly url: string,
    readonly pki: TestPki,
    private readonly drop: () => Promise<void>,
  ) {}

  static async start(): Promise<ComputeApi> {
    const { drop } = await createDatabase();
    const redis = await TestRedis.start();
    const pkiDirectory = await mkdtemp(join(tmpdir(), 'lx-compute-pki-'));
    const pki = await TestPki.create(pkiDirectory);
    process.env.LXSTACK_REDIS_URL = redis.url();
    process.env.LXSTACK_PKI_DIR = await pki.issue('control:api');
    const app = await NestFactory.create<NestExpressApplication>(TestModule, { logger: ['error'], bodyParser: false });
    app.use((request: Request, _: Response, next: NextFunction) => {
      const caller = request.get('x-test-caller');
      if (caller) Object.assign(request, { caller: JSON.parse(caller) as Caller });
      next();
    });
    app.useGlobalGuards(new PolicyGuard(app.get(Reflector)));
    app.enableShutdownHooks();
    const database = app.get(DataSource);
    await migrateSchema(database);
    await addProjects(database);
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    return new ComputeApi(app, database, `http://127.0.0.1:${port}/compute/v2.1`, pki, async () => {
      await Promise.all([drop(), redis.stop(), rm(pkiDirectory, { recursive: true })]);
    });
  }

  /** The OpenAPI document behind /docs. */
  document(): object {
    return SwaggerModule.createDocument(this.app, new DocumentBuilder().build());
  }

  /** Adds a compute host that is up and whose agent refuses no live move. */
  addHost(name: string): Promise<FakeAgent> {
    return addHostThatIsUp(this, name, { vcpus: 4, memoryMb: 4096, diskGb: 50, leaseMs: 600_000 });
  }

  async stop(): Promise<void> {
    await this.app.close();
    for (const agent of this.agents.values()) agent.close();
    await this.drop();
  }

  /** A service of the process. */
  get<T>(service: new (...args: never[]) => T): T {
    return this.app.get(service, { strict: false });
  }

  /** A request by `caller`, in microversion 2.`version`. */
  async ask(caller: Caller | null, method: string, path: string, body?: object, version = 90): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        'OpenStack-API-Version': `compute 2.${version}`,
        ...(caller && { 'x-test-caller': JSON.stringify({ ...caller, requestId: `req-${randomUUID()}` }) }),
      },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text ? (JSON.parse(text) as Answer['body']) : {},
    };
  }
}

async function createDatabase(): Promise<{ drop: () => Promise<void> }> {
  const base = process.env.LXSTACK_TEST_DATABASE_URL!;
  const { host, port, username: user, password, database, ssl } = parseDatabaseUrl(base);
  const name = `compute_${randomUUID().replaceAll('-', '')}`;
  const run = async (sql: string) => {
    const client = new pg.Client({ host, port, user, password, database, ssl });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  await run(`CREATE DATABASE ${name}`);
  process.env.LXSTACK_DATABASE_URL = base.replace(/\/[^/?]*(\?|$)/, `/${name}$1`);
  return { drop: () => run(`DROP DATABASE ${name} WITH (FORCE)`) };
}

/** Makes the projects for which tests set limits. */
async function addProjects(database: DataSource): Promise<void> {
  const ids = ['p-admin', 'p-member', 'p-small', 'p-quota', 'p-group', 'p-keys', 'p1'];
  await database.query(`INSERT INTO projects (id, name, is_domain) VALUES ('default', 'Default', true)`);
  await database.query(
    `INSERT INTO projects (id, name, domain_id) SELECT id, id, 'default' FROM unnest($1::text[]) id`,
    [ids],
  );
}

export const admin: Caller = {
  userId: 'u-admin',
  projectId: 'p-admin',
  roles: ['admin', 'member', 'reader'],
  isAdmin: true,
  requestId: '',
};

export const member: Caller = {
  userId: 'u-member',
  projectId: 'p-member',
  roles: ['member', 'reader'],
  isAdmin: false,
  requestId: '',
};
