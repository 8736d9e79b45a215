import { STATUS_CODES } from 'node:http';
import type { ErrorAnswer } from '#apps/api/http/error.filter';
import { ErrorFilter } from '#apps/api/http/error.filter';
import { MarkerNotFoundError } from '#libs/database/keyset';

/** Keystone's error body: `{"error": {code, title, message}}`. */
export class IdentityErrors extends ErrorFilter {
  protected override render(status: number, said: string, error: unknown): ErrorAnswer {
    const message = error instanceof MarkerNotFoundError ? `Marker ${error.id} could not be found.` : said;
    const headers = status === 401 ? { 'WWW-Authenticate': 'Keystone uri="/identity"' } : undefined;
    return { status, headers, body: { error: { code: status, title: STATUS_CODES[status], message } } };
  }
}
