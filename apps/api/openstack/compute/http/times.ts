import { InvalidInputError } from '#libs/common/errors';

/** Nova's times: `2026-11-24T02:00:00Z`; those of some tables `2026-11-24T02:00:00.000000` without a zone. */
export function renderTime(time: Date, style: 'second' | 'micro' = 'second'): string {
  const text = time.toISOString();
  return style === 'second' ? text.replace(/\.\d+Z$/, 'Z') : text.replace(/(\.\d+)Z$/, '$1000');
}

/** An ISO 8601 time of a query; without a zone it is UTC. Throws InvalidInputError. */
export function parseTime(field: string, value: string): Date {
  const zoned = /(Z|[+-]\d\d:?\d\d)$/i.test(value) ? value : `${value}Z`;
  const time = new Date(zoned.replace(' ', 'T'));
  if (Number.isNaN(time.getTime())) throw new InvalidInputError(field, 'an ISO 8601 time');
  return time;
}
