/**
 * Host ids of every instance that has no range of its own, as LXD's default is. The control plane gives no instance a range
 * that overlaps it; the agent unpacks each image once with its owners shifted to it.
 */
export const SHARED_ID_RANGE = { base: 1_000_000, size: 65_536 } as const;
