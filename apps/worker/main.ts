import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { messageOf } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { readSettings } from '#libs/common/settings/settings';
import { WorkerModule } from './worker.module.js';

const log = createLogger('worker');

try {
  readSettings('log', 'debug', 'database', 'redis', 'pki', 'operations', 'fencing', 'moves');
  const worker = await NestFactory.createApplicationContext(WorkerModule, {
    logger: ['error', 'warn'],
    abortOnError: false,
  });
  worker.enableShutdownHooks();
  log.info('taking operations');
} catch (error) {
  log.fatal({ reason: messageOf(error) }, 'could not start');
  process.exitCode = 1;
}
