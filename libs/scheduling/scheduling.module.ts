import { Global, Module } from '@nestjs/common';
import { Claims } from './claims/claims.service.js';
import { Scheduler } from './placement/scheduler.service.js';

/** Placement and claims. Wants DatabaseModule beside it. */
@Global()
@Module({ providers: [Claims, Scheduler], exports: [Claims, Scheduler] })
export class SchedulingModule {}
