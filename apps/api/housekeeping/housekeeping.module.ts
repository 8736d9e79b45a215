import { Module } from '@nestjs/common';
import { IdentityModule } from '#libs/identity/identity.module';
import { ImagesModule } from '#libs/images/images.module';
import { Housekeeping } from './housekeeping.js';

@Module({ imports: [IdentityModule, ImagesModule], providers: [Housekeeping], exports: [Housekeeping] })
export class HousekeepingModule {}
