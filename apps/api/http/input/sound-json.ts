import { InvalidInputError } from '#libs/common/errors';

/** Bounds of every body of every face; the fields of a DTO have narrower ones. */
export const bodyBounds = {
  /** Lists and objects within one another. */
  depth: 24,
  /** Items of a list, or fields of an object. */
  items: 1_000,
  /** Values in the whole body. */
  values: 10_000,
  /** UTF-16 units of a string: an image's property and `user_data` may have 65,535. */
  text: 65_536,
} as const;

interface Visit {
  value: unknown;
  path: string;
  depth: number;
}

/**
 * Throws InvalidInputError, naming the path, where a parsed JSON body exceeds `bodyBounds`, holds text that PostgreSQL
 * cannot (U+0000, half a surrogate pair), or has a key that would change a prototype.
 */
export function requireSoundBody(body: unknown): void {
  const open: Visit[] = [{ value: body, path: '', depth: 0 }];
  // A loop instead of recursion: a body of 50,000 brackets would overflow the stack.
  for (let count = 0, visit = open.pop(); visit; visit = open.pop()) {
    if (++count > bodyBounds.values) throw new InvalidInputError('body', `at most ${bodyBounds.values} values`);
    requireSoundValue(visit, open);
  }
}

function requireSoundValue({ value, path, depth }: Visit, open: Visit[]): void {
  const field = path || 'body';
  if (typeof value === 'string') requireSoundText(field, value);
  if (typeof value !== 'object' || value === null) return;
  if (depth >= bodyBounds.depth) throw new InvalidInputError(shortened(field), `at most ${bodyBounds.depth} levels`);
  const entries = Object.entries(value);
  if (entries.length > bodyBounds.items) throw new InvalidInputError(field, `at most ${bodyBounds.items} items`);
  for (const [key, inner] of entries) {
    if (key === '__proto__') throw new InvalidInputError(field, 'no field of the name __proto__');
    if (!isSoundText(key) || key.length > 255)
      throw new InvalidInputError(field, 'fields with names of at most 255 characters, without U+0000');
    open.push({ value: inner, path: path ? `${path}.${key}` : key, depth: depth + 1 });
  }
}

function requireSoundText(field: string, text: string): void {
  if (text.length > bodyBounds.text)
    throw new InvalidInputError(shortened(field), `a string of at most ${bodyBounds.text} characters`);
  if (!isSoundText(text)) throw new InvalidInputError(shortened(field), 'Unicode text without U+0000');
}

/** Whether PostgreSQL can hold the text: no U+0000, no half surrogate pair. */
export const isSoundText = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

const shortened = (path: string): string => (path.length > 120 ? `${path.slice(0, 120)}…` : path);
