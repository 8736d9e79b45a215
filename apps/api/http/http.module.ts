import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { IdentityModule } from '#libs/identity/identity.module';
import { AuthGuard } from './auth.guard.js';
import { InputModule } from './input/input.module.js';

/** What stands before every face: what comes in is bounded and sound, and who asks is known. */
@Module({
  imports: [InputModule, IdentityModule],
  providers: [{ provide: APP_GUARD, useClass: AuthGuard }],
})
export class HttpModule {}
