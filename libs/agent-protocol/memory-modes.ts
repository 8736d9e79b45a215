/**
 * How a live move sends the memory. stop-and-copy: all of it while the guest stands still; lazy-pages: likewise, but
 * into the restored guest; pre-copy: while the guest runs, and the rest into the restored guest.
 */
export const memoryModes = ['stop-and-copy', 'lazy-pages', 'pre-copy'] as const;
export type MemoryMode = (typeof memoryModes)[number];
