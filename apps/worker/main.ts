import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { messageOf } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { readSettings, settings } from '#libs/common/settings/settings';
import { usePolicyFile } from '#libs/policy/policy';
import { WorkerModule } from './worker.module.js';

const log = createLogger('worker');

try {
  readSettings('log', 'debug', 'database', 'redis', 'pki', 'operations', 'fencing', 'moves', 'policy');
  usePolicyFile(settings('policy').file ?? null);
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
