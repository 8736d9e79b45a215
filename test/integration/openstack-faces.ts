import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { HttpModule } from '#apps/api/http/http.module';
import { IdentityFaceModule } from '#apps/api/openstack/identity/identity-face.module';
import { ImageFaceModule } from '#apps/api/openstack/image/image-face.module';
import { NetworkFaceModule } from '#apps/api/openstack/network/network-face.module';
import { createDataSource } from '#libs/database/data-source';
import { DatabaseModule } from '#libs/database/database.module';
import { connect, migrateSchema } from '#libs/database/schema';
import { IdentityBootstrap } from '#libs/identity/bootstrap';
import { OperationsModule } from '#libs/operations/operations.module';
import { TestRedis } from './test-redis.js';

@Module({
  imports: [DatabaseModule, OperationsModule, HttpModule, IdentityFaceModule, ImageFaceModule, NetworkFaceModule],
})
class FacesModule {}

export const PASSWORD = 'a password of tests';

/** The faces over HTTP, on a database and a blob directory of their own. */
export interface Faces {
  url: string;
  database: DataSource;
  close(): Promise<void>;
}

export async function startFaces(): Promise<Faces> {
  const server = process.env.LXSTACK_TEST_DATABASE_URL!;
  const name = `lx_test_${randomBytes(6).toString('hex')}`;
  const admin = await connect(await createDataSource({ url: server, poolSize: 1 }));
  await admin.query(`CREATE DATABASE ${name}`);
  const blobs = await mkdtemp(join(tmpdir(), 'lx-blobs-'));
  process.env.LXSTACK_DATABASE_URL = server.replace(/\/[^/?]*(\?|$)/, `/${name}$1`);
  const redis = await TestRedis.start();
  process.env.LXSTACK_REDIS_URL = redis.url();
  process.env.LXSTACK_BLOB_DIR = blobs;
  const app = await NestFactory.create(FacesModule, { logger: ['error', 'warn'] });
  const database = app.get(DataSource);
  await migrateSchema(database);
  await app.get(IdentityBootstrap, { strict: false }).run(PASSWORD);
  await app.listen(Number(process.env.LXSTACK_TEST_PORT ?? 0), '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  process.env.LXSTACK_PUBLIC_URL = `http://127.0.0.1:${port}`;
  return {
    url: process.env.LXSTACK_PUBLIC_URL,
    database,
    async close() {
      await app.close();
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.destroy();
      await redis.stop();
      await rm(blobs, { recursive: true });
    },
  };
}
