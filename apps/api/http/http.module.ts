import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { IdentityModule } from '#libs/identity/identity.module';
import { AuthGuard } from './auth.guard.js';
import { KeystoneToken } from './keystone-token.js';
import { PolicyGuard } from './policy.guard.js';
import { InputModule } from './input/input.module.js';

/** What every request passes before its face: bounds on the input, authentication, the policy. */
@Module({
  imports: [InputModule, IdentityModule],
  providers: [
    KeystoneToken,
    // In this order: who is the caller, then whether the caller may.
    { provide: APP_GUARD, useClass: AuthGuard },
    { provide: APP_GUARD, useClass: PolicyGuard },
  ],
})
export class HttpModule {}
