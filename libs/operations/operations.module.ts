import { Global, Module } from '@nestjs/common';
import { settings } from '#libs/common/settings/settings';
import { Events } from './events.js';
import { OperationLog } from './operation-log.js';
import { Operations } from './operations.service.js';
import { OperationQueues } from './queues.js';
import { RedisConnections } from './redis.js';
import { WorkflowRunner } from './workflow-runner.js';

function connections(): RedisConnections {
  const { url, caFile } = settings('redis');
  return new RedisConnections(url, caFile);
}

/** For every process that creates or runs operations. The importing app also imports DatabaseModule. */
@Global()
@Module({
  providers: [
    { provide: RedisConnections, useFactory: connections },
    OperationQueues,
    Events,
    Operations,
    OperationLog,
    WorkflowRunner,
  ],
  exports: [RedisConnections, OperationQueues, Events, Operations, OperationLog, WorkflowRunner],
})
export class OperationsModule {}
