/** Nova's times: `2026-11-24T02:00:00Z`, or in some tables `2026-11-24T02:00:00.000000` without a zone. */
export function renderTime(time: Date, style: 'second' | 'micro' = 'second'): string {
  const text = time.toISOString();
  return style === 'second' ? text.replace(/\.\d+Z$/, 'Z') : text.replace(/(\.\d+)Z$/, '$1000');
}
