import { Module } from '@nestjs/common';
import { IdentityModule } from '#libs/identity/identity.module';
import { EventStream } from './event-stream.js';

@Module({ imports: [IdentityModule], providers: [EventStream] })
export class EventsModule {}
