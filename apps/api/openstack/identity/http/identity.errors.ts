import { STATUS_CODES } from 'node:http';
import type { ErrorAnswer } from '#apps/api/http/error.filter';
import { ErrorFilter } from '#apps/api/http/error.filter';
import { NameTakenError } from '#libs/common/errors';
import { MarkerNotFoundError } from '#libs/database/keyset';

/** Keystone's error body: `{"error": {code, title, message}}`. */
export class IdentityErrors extends ErrorFilter {
  protected override render(status: number, said: string, error: unknown): ErrorAnswer {
    const message = keystoneWords(error) ?? said;
    const headers = status === 401 ? { 'WWW-Authenticate': 'Keystone uri="/identity"' } : undefined;
    return { status, headers, body: { error: { code: status, title: STATUS_CODES[status], message } } };
  }
}

/** Keystone's message for an error of the domain; undefined where the error's own will do. */
function keystoneWords(error: unknown): string | undefined {
  if (error instanceof MarkerNotFoundError) return `Marker ${error.id} could not be found.`;
  if (error instanceof NameTakenError)
    return `Conflict occurred attempting to store ${error.kind} - Duplicate entry found with name ${error.taken}.`;
  return undefined;
}
