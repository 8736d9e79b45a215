/**
 * How the memory of a live move goes: all of it while it stands still; the same, but mapped in after the restore; or sent
 * while it runs, and mapped in after the restore.
 */
export const memoryModes = ['stop-and-copy', 'lazy-pages', 'pre-copy'] as const;
export type MemoryMode = (typeof memoryModes)[number];
