import { Catch } from '@nestjs/common';
import { ErrorFilter } from '#apps/api/http/error.filter';
import type { ErrorAnswer } from '#apps/api/http/error.filter';
import { MarkerNotFoundError } from '#libs/database/keyset';

/** The body of every error of the fleet face: `{"error": {code, message}}`. */
@Catch()
export class FleetErrorFilter extends ErrorFilter {
  protected override render(status: number, said: string, error: unknown): ErrorAnswer {
    const message = error instanceof MarkerNotFoundError ? `marker [${error.id}] not found` : said;
    return { status, body: { error: { code: status, message } } };
  }
}
