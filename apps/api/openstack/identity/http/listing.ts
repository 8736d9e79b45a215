import { InputError } from '#apps/api/http/input/input-error';
import { flagged, pageOf, text } from '#apps/api/http/query/paging';
import type { FilterField } from '#apps/api/http/query/paging';
import { fitsConstants, many } from '#apps/api/http/query/query';
import type { Query } from '#apps/api/http/query/query';
import type { PageRequest, TextFilter } from '#libs/database/paging';

/** Query fields by which one of Keystone's lists is narrowed. */
export interface KeystoneFilters {
  /** Of fields with a column of their own. */
  columns: Readonly<Record<string, FilterField>>;
  /** Of fields with the same value in every item (null: none): asked for another value, there are no items. */
  constants?: Readonly<Record<string, string | boolean | null>>;
}

export const named = { id: text('id'), name: text('name'), enabled: flagged('enabled') };

const PARTS = ['contains', 'startswith', 'endswith'] as const;

/**
 * What is asked of a list; null where nothing can match. Keystone API: `name__icontains=x` and the like narrow by a part of
 * a text; a field that is no filter of the list is ignored. Throws InputError.
 */
export function keystonePage(
  query: Query,
  { columns, constants = {} }: KeystoneFilters,
): (PageRequest & { limit: number }) | null {
  const texts = textsOf(query, columns, constants);
  const page = pageOf(query, columns);
  return texts && fitsConstants(query, constants) ? { ...page, texts } : null;
}

/** Null where a part is asked for of what no item has. */
function textsOf(
  query: Query,
  columns: KeystoneFilters['columns'],
  constants: NonNullable<KeystoneFilters['constants']>,
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
