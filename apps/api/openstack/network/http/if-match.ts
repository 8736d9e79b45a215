import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { requestOf } from '#apps/api/http/api-request';
import { InputError } from '#apps/api/http/input/input-error';

/**
 * Parameter decorator: the revision in `If-Match: revision_number=N`, undefined without the header (Neutron API:
 * extension revision-if-match). Throws InputError for any other condition.
 */
export const IfMatch = createParamDecorator((_: unknown, context: ExecutionContext): number | undefined => {
  const header = requestOf(context).get('If-Match');
  return header === undefined ? undefined : revisionOf(header);
});

/** The quotes of an entity tag are left out by Neutron's clients, and taken too. */
export function revisionOf(header: string): number {
  const [, revision] = /^\s*"?revision_number=(\d{1,9})"?\s*$/.exec(header) ?? [];
  if (revision === undefined) throw new InputError('If-Match', header, 'revision_number=N is expected');
  return Number(revision);
}
