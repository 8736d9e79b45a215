import 'reflect-metadata';
import { existsSync, readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import tls from 'node:tls';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { createLogger } from '#libs/common/logger';
import { readSettings, settings } from '#libs/common/settings/settings';
import { createDataSource } from '#libs/database/data-source';
import { connect, migrateSchema } from '#libs/database/schema';
import { IdentityBootstrap } from '#libs/identity/bootstrap';
import { usePolicyFile } from '#libs/policy/policy';
import { AppModule } from './app.module.js';
import { EventStream } from './events/event-stream.js';
import { listen, parseListen } from './listen.js';

const log = createLogger('api');

const READ = [
  ...(['log', 'debug', 'database', 'redis', 'pki', 'blobs', 'api', 'publicUrl', 'metrics', 'control'] as const),
  ...(['certificates', 'login', 'events', 'operations', 'fencing', 'moves', 'policy'] as const),
];

// Our own processes speak TLS 1.3 only; clients of the HTTPS port may use 1.2.
tls.DEFAULT_MIN_VERSION = 'TLSv1.3';

/** Migrates the schema before anything else; other api processes wait for the lock. */
async function prepareDatabase(): Promise<void> {
  const own = { poolSize: 2, applicationName: 'lxstack-api-schema' };
  const dataSource = await connect(await createDataSource({ ...settings('database'), ...own }));
  await migrateSchema(dataSource);
  await dataSource.destroy();
}

function httpsOptions(): Pick<tls.SecureContextOptions, 'cert' | 'key' | 'minVersion'> | undefined {
  const { directory } = settings('pki');
  const [cert, key] = [join(directory, 'tls.crt'), join(directory, 'tls.key')];
  if (!existsSync(cert)) return undefined;
  return { cert: readFileSync(cert), key: readFileSync(key), minVersion: 'TLSv1.2' };
}

async function start(): Promise<void> {
  readSettings(...READ);
  usePolicyFile(settings('policy').file ?? null);
  await prepareDatabase();
  const app = await NestFactory.create<NestExpressApplication>(AppModule, {
    httpsOptions: httpsOptions(),
    logger: ['error', 'warn'],
    bufferLogs: false,
    bodyParser: false,
  });
  app.disable('x-powered-by');
  const proxies = settings('login').trustedProxies;
  if (proxies)
    app.set(
      'trust proxy',
      proxies.split(',').map((one) => one.trim()),
    );
  app.enableShutdownHooks(['SIGTERM', 'SIGINT']);
  await app
    .get(IdentityBootstrap, { strict: false })
    .run(readFileSync(settings('api').adminPasswordFile, 'utf8').trim());
  const description = new DocumentBuilder().setTitle('LXStack').setVersion('1').build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, description));
  await app.init();
  const server = app.getHttpServer() as Server;
  server.keepAliveTimeout = 65_000;
  // An image may take hours to upload; its route ends an upload that stalls.
  server.requestTimeout = 6 * 3_600_000;
  app.get(EventStream, { strict: false }).attach(server);
  await listen(server, parseListen('LXSTACK_API_LISTEN', settings('api').listen));
  log.info({ listen: settings('api').listen }, 'ready');
}

start().catch((error: unknown) => {
  log.fatal({ err: error }, 'api cannot start');
  process.exit(1);
});
