import { InvalidInputError } from '#libs/common/errors';
import { MarkerNotFoundError } from '#libs/database/keyset';
import type { PageRequest, SortKey, TextFilter } from '#libs/database/paging';

/** What a list without a table shows, as it is rendered. */
export interface Item {
  id: string;
}

const valueOf = (item: Item, field: string): string => {
  const value: unknown = Object.hasOwn(item, field) ? item[field as keyof Item] : undefined;
  return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number' ? String(value) : '';
};

/**
 * One page of `items`, as `page` of libs/database/paging has it of a table's rows: columns are fields of the items.
 * Throws MarkerNotFoundError, and InvalidInputError for a sort key that no item has.
 */
export function pageOfItems<T extends Item>(resource: string, items: readonly T[], request: PageRequest): T[] {
  const { filters = {}, texts = [], sort = [], marker, limit = items.length, reverse = false } = request;
  const unknown = sort.find(({ key }) => items.length > 0 && !Object.hasOwn(items[0]!, key));
  if (unknown) throw new InvalidInputError(unknown.key, 'a field of what is listed');
  const ordered = items
    .filter((item) => Object.entries(filters).every(([field, values]) => values.includes(valueOf(item, field))))
    .filter((item) => texts.every((filter) => hasPart(valueOf(item, filter.column), filter)))
    .sort((one, other) => compare(one, other, sort));
  if (marker === undefined) return reverse ? ordered.slice(-limit) : ordered.slice(0, limit);
  const at = ordered.findIndex(({ id }) => id === marker);
  if (at < 0) throw new MarkerNotFoundError(resource, marker);
  return reverse ? ordered.slice(Math.max(0, at - limit), at) : ordered.slice(at + 1, at + 1 + limit);
}

function hasPart(text: string, { part, anyCase, value }: TextFilter): boolean {
  const [whole, wanted] = anyCase ? [text.toLowerCase(), value.toLowerCase()] : [text, value];
  if (part === 'contains') return whole.includes(wanted);
  return part === 'startswith' ? whole.startsWith(wanted) : whole.endsWith(wanted);
}

function compare(one: Item, other: Item, sort: readonly SortKey[]): number {
  for (const { key, direction } of sort) {
    const [left, right] = [valueOf(one, key), valueOf(other, key)];
    if (left !== right) return left < right === (direction === 'asc') ? -1 : 1;
  }
  return 0;
}
