import { Module } from '@nestjs/common';
import { IdentityModule } from '#libs/identity/identity.module';
import { ImagesModule } from '#libs/images/images.module';
import { Retention } from '#libs/retention/retention';
import { Housekeeping } from './housekeeping.js';

/** The periodic clean-up. The importing app also imports DatabaseModule and OperationsModule. */
@Module({ imports: [IdentityModule, ImagesModule], providers: [Housekeeping, Retention], exports: [Housekeeping] })
export class HousekeepingModule {}
