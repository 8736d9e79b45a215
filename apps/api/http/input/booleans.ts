const words: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'on', 'yes', '1', 'y', 't'].map((word) => [word, true] as const),
  ...['false', 'off', 'no', '0', 'n', 'f'].map((word) => [word, false] as const),
]);

/** What Python's and JSON's clients write for true and false (oslo's strutils), in any case; undefined for what is neither. */
export function booleanOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  return typeof value === 'string' ? words.get(value.toLowerCase()) : undefined;
}
