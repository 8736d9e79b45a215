import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { IdentityModule } from '#libs/identity/identity.module';
import { AuthGuard } from './auth.guard.js';
import { KeystoneToken } from './keystone-token.js';
import { PolicyGuard } from './policy.guard.js';
import { InputModule } from './input/input.module.js';

/** What stands before every face: what comes in is bounded and sound, and who asks is known. */
@Module({
  imports: [InputModule, IdentityModule],
  providers: [
    KeystoneToken,
    // In this order: who asks, then whether they may.
    { provide: APP_GUARD, useClass: AuthGuard },
    { provide: APP_GUARD, useClass: PolicyGuard },
  ],
})
export class HttpModule {}
