import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bounded } from './explanation.js';
import type { HostVerdict } from './explanation.js';

const fits = (n: number): HostVerdict => ({ hostId: `f${n}`, host: `f${n}`, rejectedBy: null, weight: 1 });
const rejected = (n: number): HostVerdict => ({
  hostId: `r${n}`,
  host: `r${n}`,
  rejectedBy: 'capacity',
  reason: 'x'.repeat(1_000),
});
const many = <T>(count: number, of: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => of(n));

test('what an operation keeps of a placement is bounded, however large the fleet', () => {
  const counts = { considered: 10_000, removed: { capacity: 9_900 } };
  const kept = bounded({ ...counts, hosts: [...many(100, fits), ...many(100, rejected)] });
  assert.deepEqual([kept.considered, kept.removed], [counts.considered, counts.removed]);
  assert.equal(kept.hosts.length, 30);
  assert.equal(kept.hosts[0].host, 'f0', 'the best comes first');
  assert.ok(kept.hosts.some(({ rejectedBy }) => rejectedBy !== null));
  assert.ok(JSON.stringify(kept).length < 10_000);
});

test('a small one is kept whole', () => {
  const hosts = [...many(20, fits), ...many(3, rejected)];
  assert.equal(bounded({ considered: 23, removed: {}, hosts }).hosts.length, 23);
});
