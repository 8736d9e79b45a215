const words: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'on', 'yes', '1', 'y', 't'].map((word) => [word, true] as const),
  ...['false', 'off', 'no', '0', 'n', 'f'].map((word) => [word, false] as const),
]);

/** The boolean that Python's and JSON's clients mean (oslo's strutils), in any case; undefined for anything else. */
export function booleanOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  return typeof value === 'string' ? words.get(value.toLowerCase()) : undefined;
}
