import { Catch } from '@nestjs/common';
import { ErrorFilter } from '#apps/api/http/error.filter';
import type { ErrorAnswer } from '#apps/api/http/error.filter';

/** The body of every error of the fleet face: `{"error": {code, message}}`. */
@Catch()
export class FleetErrorFilter extends ErrorFilter {
  protected override render(status: number, message: string): ErrorAnswer {
    return { status, body: { error: { code: status, message } } };
  }
}
