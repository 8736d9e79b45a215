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
import { DataSource } from 'typeorm';
import { FleetFaceModule } from '#apps/api/fleet/fleet-face.module';
import { HttpModule } from '#apps/api/http/http.module';
import { ComputeFaceModule } from '#apps/api/openstack/compute/compute-face.module';
import { IdentityFaceModule } from '#apps/api/openstack/identity/identity-face.module';
import { ImageFaceModule } from '#apps/api/openstack/image/image-face.module';
import { NetworkFaceModule } from '#apps/api/openstack/network/network-face.module';
import { readPki, serverCredentials } from '#libs/agent-protocol/credentials';
import { DatabaseModule } from '#libs/database/database.module';
import { FleetModule } from '#libs/fleet/fleet.module';
import { Host } from '#libs/fleet/hosts/host.entity';
import { IdentityBootstrap } from '#libs/identity/bootstrap';
import { OperationsModule } from '#libs/operations/operations.module';
import { SchedulingModule } from '#libs/scheduling/scheduling.module';
import { FakeAgent } from '#test/integration/support/fake-agent/fake-agent';
import type { Peers } from '#test/integration/support/fake-agent/fake-agent';
import { createTestDatabase } from '#test/integration/support/servers';
import { TestPki } from '#test/integration/support/test-pki';
import { TestRedis } from '#test/integration/support/test-redis';
import type { FuzzRequest } from './requests.js';
import { routesOf } from './routes.js';
import type { Route } from './routes.js';
import { Seeds } from './seeds.js';
import { send } from './send.js';
import type { FuzzAnswer, Names } from './send.js';

@Module({
  imports: [
    ...[
      DatabaseModule,
      OperationsModule,
      FleetModule,
      SchedulingModule,
      HttpModule,
      FleetFaceModule,
      IdentityFaceModule,
    ],
    ...[ImageFaceModule, NetworkFaceModule, ComputeFaceModule],
  ],
})
class FacesModule {}

export const PASSWORD = 'a password of tests';
/** Requests after which deleted things are made again. */
const RESEED = 150;

/**
 * All faces in this process, as the api has them, with one thing of each kind to name. Nothing is built, because no
 * worker runs.
 */
export class FuzzWorld {
  private readonly agents: Peers = new Map();
  private sent = 0;
  private names: Names;

  private constructor(
    private readonly app: NestExpressApplication,
    readonly port: number,
    private readonly seeds: Seeds,
    private readonly ended: () => Promise<void>,
  ) {}

  static async start(): Promise<FuzzWorld> {
    const [{ url, drop }, redis] = [await createTestDatabase(), await TestRedis.start()];
    const directory = await mkdtemp(join(tmpdir(), 'lx-fuzz-'));
    const pki = await TestPki.create(join(directory, 'pki'));
    Object.assign(process.env, {
      LXSTACK_DATABASE_URL: url,
      LXSTACK_REDIS_URL: redis.url(),
      LXSTACK_BLOB_DIR: join(directory, 'blobs'),
      LXSTACK_PKI_DIR: await pki.issue('control:api'),
    });
    const app = await NestFactory.create<NestExpressApplication>(FacesModule, { logger: ['error'], bodyParser: false });
    app.enableShutdownHooks();
    await app.get(IdentityBootstrap, { strict: false }).run(PASSWORD);
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    const world = new FuzzWorld(app, port, new Seeds(`http://127.0.0.1:${port}`, app.get(DataSource)), async () => {
      await Promise.all([drop(), redis.stop()]);
      await rm(directory, { recursive: true });
    });
    await world.addHosts(pki);
    world.names = await world.seeds.first(PASSWORD);
    return world;
  }

  /** The routes of the document behind /docs. */
  routes(): Route[] {
    return routesOf(SwaggerModule.createDocument(this.app, new DocumentBuilder().build()));
  }

  async send(request: FuzzRequest): Promise<FuzzAnswer> {
    if (++this.sent % RESEED === 0) this.names = await this.seeds.again();
    return send(this.port, request, this.names);
  }

  async stop(): Promise<void> {
    await this.app.close();
    for (const agent of this.agents.values()) agent.close();
    await this.ended();
  }

  private async addHosts(pki: TestPki): Promise<void> {
    const database = this.app.get(DataSource);
    for (const name of ['h1', 'h2']) {
      const agent = new FakeAgent(name, this.agents);
      const credentials = serverCredentials(readPki(await pki.issue(`agent:${name}`)));
      const port = await agent.listen('127.0.0.1:0', credentials);
      await database.manager.insert(Host, {
        ...{ id: randomUUID(), name, role: 'compute', address: `127.0.0.1:${port}` },
        ...{ vcpus: 64, memoryMb: 65_536, diskGb: 1_000, leaseExpiresAt: new Date(Date.now() + 86_400_000) },
        capabilities: ['checkpoint', 'restore'].map((one) => ({ name: one, present: true, detail: '' })),
      });
    }
  }
}
