import { Module } from '@nestjs/common';
import { IdentityModule } from '#libs/identity/identity.module';
import { EventStream } from './event-stream.js';

/** The websocket of events. The importing app also imports OperationsModule. */
@Module({ imports: [IdentityModule], providers: [EventStream] })
export class EventsModule {}
