/** `key value` or `key: value unit` by line, as memory.stat and /proc/meminfo have it. */
export function parseTable(text: string): ReadonlyMap<string, number> {
  const rows = [...text.matchAll(/^([\w()]+):?\s+(\d+)/gm)];
  return new Map(rows.map(([, key, value]) => [key!, Number(value)]));
}

/** Bytes that a checkpoint has to carry: what no file backs. memory.stat of cgroup v1 (hierarchical sums) or v2. */
export function memoryOfTasks(stat: ReadonlyMap<string, number>): number {
  const anonymous = stat.get('total_rss') ?? stat.get('anon') ?? 0;
  return anonymous + (stat.get('total_shmem') ?? stat.get('shmem') ?? 0);
}

/** Bytes below a cgroup's limit (not a number: none) when the page cache that can go has gone. */
export function memoryLeft(limit: number, usage: number, stat: ReadonlyMap<string, number>): number {
  if (!Number.isFinite(limit)) return Infinity;
  return limit - usage + (stat.get('total_inactive_file') ?? stat.get('inactive_file') ?? 0);
}
