import { Global, Module } from '@nestjs/common';
import type { MiddlewareConsumer, NestModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { IdentityModule } from '#libs/identity/identity.module';
import { AuthGuard } from './auth.guard.js';
import { ErrorForms } from './error-forms.js';
import { requestId } from './request-id.js';

/** Authentication, request ids and the last error filter, for every face. */
@Global()
@Module({
  imports: [IdentityModule],
  providers: [
    { provide: APP_GUARD, useClass: AuthGuard },
    ErrorForms,
    { provide: APP_FILTER, useExisting: ErrorForms },
  ],
  exports: [ErrorForms],
})
export class HttpModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(requestId).forRoutes('{*path}');
  }
}
