/** Each id once, in the order in which they come first. */
export const unique = (ids: readonly string[]): string[] => [...new Set(ids)];
