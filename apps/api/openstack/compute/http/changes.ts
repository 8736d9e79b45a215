import { InputError } from '#apps/api/http/input/input-error';
import { one, timeIn } from '#apps/api/http/query/query';
import type { Query } from '#apps/api/http/query/query';
import type { Microversion } from './microversion.js';

/** Nova API: `changes-since` and, from 2.66 on, `changes-before`. Throws InputError, also where nothing lies between. */
export function changesIn(query: Query, version: Microversion): { changesSince?: Date; changesBefore?: Date } {
  const changesSince = timeIn(query, 'changes-since');
  const changesBefore = version >= 66 ? timeIn(query, 'changes-before') : undefined;
  if (changesSince && changesBefore && changesSince > changesBefore)
    throw new InputError(
      'changes-since',
      one(query, 'changes-since'),
      'The value of changes-since must be less than or equal to changes-before.',
    );
  return { changesSince, changesBefore };
}
