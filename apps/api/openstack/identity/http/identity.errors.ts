import { STATUS_CODES } from 'node:http';
import type { ErrorAnswer } from '#apps/api/http/error.filter';
import { ErrorFilter } from '#apps/api/http/error.filter';

/** Keystone's error body: `{"error": {code, title, message}}`. */
export class IdentityErrors extends ErrorFilter {
  protected override render(status: number, message: string): ErrorAnswer {
    const headers = status === 401 ? { 'WWW-Authenticate': 'Keystone uri="/identity"' } : undefined;
    return { status, headers, body: { error: { code: status, title: STATUS_CODES[status], message } } };
  }
}
