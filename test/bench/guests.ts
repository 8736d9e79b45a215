import { setting } from '#libs/common/config';

/** What the benchmarks run on: a host root with LXC and CRIU, and the root file systems of the guests, as tar archives. */
export interface Ground {
  directory: string;
  hostRoot: string;
  archives: Record<'busybox' | 'debian', string>;
}

export function ground(): Ground {
  return {
    directory: setting('LXSTACK_BENCH_DIR', '/var/lib/lxstack/floor'),
    hostRoot: setting('LXSTACK_BENCH_HOST_ROOT'),
    archives: { busybox: setting('LXSTACK_BENCH_BUSYBOX'), debian: setting('LXSTACK_BENCH_DEBIAN') },
  };
}
