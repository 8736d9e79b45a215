import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';

/** `/healthz`. The importing app also imports DatabaseModule. */
@Module({ controllers: [HealthController] })
export class HealthModule {}
