export interface Sample {
  name: string;
  labels: Record<string, string | boolean>;
  value: number;
}

/** Gauges of the fleet and of this process in Prometheus' text format. */
export function renderMetrics(samples: Sample[]): string {
  const { heapUsed, rss } = process.memoryUsage();
  const own: Sample[] = [
    { name: 'process_resident_memory_bytes', labels: {}, value: rss },
    { name: 'nodejs_heap_size_used_bytes', labels: {}, value: heapUsed },
    { name: 'process_uptime_seconds', labels: {}, value: process.uptime() },
  ];
  const all = [...samples, ...own];
  const names = [...new Set(all.map(({ name }) => name))];
  const lines = names.flatMap((name) => [
    `# TYPE ${name} gauge`,
    ...all.filter((sample) => sample.name === name).map(renderSample),
  ]);
  return `${lines.join('\n')}\n`;
}

function renderSample({ name, labels, value }: Sample): string {
  const inner = Object.entries(labels).map(([key, label]) => `${key}=${JSON.stringify(String(label))}`);
  return `${name}${inner.length ? `{${inner.join(',')}}` : ''} ${value}`;
}
