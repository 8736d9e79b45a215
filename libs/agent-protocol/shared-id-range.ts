/**
 * Host ids of every instance without a range of its own (LXD's default). The control plane gives no instance a range
 * that overlaps it; agents unpack each image once, with its owners shifted to this range.
 */
export const SHARED_ID_RANGE = { base: 1_000_000, size: 65_536 } as const;
