import { InputError } from '#apps/api/http/input/input-error';
import { flagged, pageOf, text } from '#apps/api/http/query/paging';
import type { ListFilters } from '#apps/api/http/query/paging';
import { fitsConstants, many } from '#apps/api/http/query/query';
import type { Query } from '#apps/api/http/query/query';
import type { PageRequest, TextFilter } from '#libs/database/paging';

export const named = { id: text('id'), name: text('name'), enabled: flagged('enabled') };

const PARTS = ['contains', 'startswith', 'endswith'] as const;

/**
 * What is asked of a list; null where nothing can match. Keystone API: `name__icontains=x` and the like narrow by a part of
 * a text; a field that is no filter of the list is ignored. Throws InputError.
 */
export function keystonePage(
  query: Query,
  { columns, constants = {} }: ListFilters,
): (PageRequest & { limit: number }) | null {
  const texts = textsOf(query, columns, constants);
  const page = pageOf(query, columns);
  return texts && fitsConstants(query, constants) ? { ...page, texts } : null;
}

/** Null where a part is asked for of what no item has. */
function textsOf(
  query: Query,
  columns: ListFilters['columns'],
  constants: NonNullable<ListFilters['constants']>,
): TextFilter[] | null {
  const texts: TextFilter[] = [];
  for (const name of Object.keys(query)) {
    const [field = '', comparator] = name.split('__', 2);
    const known = Object.hasOwn(columns, field) || Object.hasOwn(constants, field);
    if (comparator === undefined || !known) continue;
    const part = PARTS.find((one) => comparator === one || comparator === `i${one}`);
    if (!part)
      throw new InputError(name, comparator, `one of ${PARTS.join(', ')}, with an i for any case, is expected`);
    if (!Object.hasOwn(columns, field)) return null;
    const { column } = columns[field]!;
    texts.push(...many(query, name).map((value) => ({ column, part, anyCase: comparator !== part, value })));
  }
  return texts;
}
