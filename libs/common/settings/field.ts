import { z } from 'zod';

/** A setting: its environment variable, what it should be in words, and how it is read. */
export interface Field<T> {
  name: string;
  expected: string;
  schema: z.ZodType<T>;
}

const numberIn = (least: number, most: number) => z.coerce.number().min(least).max(most);

/** Any text. Without a fallback the variable must be set. */
export function text(name: string, expected: string, fallback?: string): Field<string> {
  const schema = z.string();
  return { name, expected, schema: fallback === undefined ? schema : schema.default(fallback) };
}

/** Any text; undefined where the variable is not set. */
export function optionalText(name: string, expected: string): Field<string | undefined> {
  return { name, expected, schema: z.string().optional() };
}

/** A whole number from `least` to `most`, both included. */
export function whole(name: string, what: string, least: number, most: number, fallback: number): Field<number> {
  const expected = `${what}: a whole number from ${least} to ${most}`;
  return { name, expected, schema: numberIn(least, most).int().default(fallback) };
}

/** A number from `least` to `most`, both included. */
export function decimal(name: string, what: string, least: number, most: number, fallback: number): Field<number> {
  return { name, expected: `${what}: from ${least} to ${most}`, schema: numberIn(least, most).default(fallback) };
}

/** `true` or `false`. */
export function flag(name: string, fallback = false): Field<boolean> {
  const schema = z.enum(['true', 'false']).transform((value) => value === 'true');
  return { name, expected: 'true or false', schema: schema.default(fallback) };
}

/** One of a few words. */
export function oneOf<const W extends string>(name: string, words: readonly W[], fallback: NoInfer<W>): Field<W> {
  const schema = z.enum(words as readonly [W, ...W[]]).default(fallback as never) as unknown as z.ZodType<W>;
  return { name, expected: `one of ${words.join(', ')}`, schema };
}
