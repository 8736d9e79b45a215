import { Global, Module } from '@nestjs/common';
import type { MiddlewareConsumer, NestModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ErrorForms } from '../error-forms.js';
import { requestId } from '../request-id.js';
import { parseJson } from './json-parser.js';
import { soundRequest } from './sound-request.js';

/**
 * The way into every face: request id, JSON body, bounds on all input, and the last error filter. The application must
 * be created with `bodyParser: false`, so that this parser is the only one.
 */
@Global()
@Module({
  providers: [ErrorForms, { provide: APP_FILTER, useExisting: ErrorForms }],
  exports: [ErrorForms],
})
export class InputModule implements NestModule {
  /** Installs the middlewares in the order in which they run. */
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(requestId, parseJson, soundRequest).forRoutes('{*path}');
  }
}
