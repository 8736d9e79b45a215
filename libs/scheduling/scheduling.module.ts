import { Global, Module } from '@nestjs/common';
import { Claims } from './claims/claims.service.js';
import { PlacementRecords } from './placement/placement-records.js';
import { Scheduler } from './placement/scheduler.service.js';

/** Placement and claims. The importing app also imports DatabaseModule. */
@Global()
@Module({ providers: [Claims, PlacementRecords, Scheduler], exports: [Claims, PlacementRecords, Scheduler] })
export class SchedulingModule {}
