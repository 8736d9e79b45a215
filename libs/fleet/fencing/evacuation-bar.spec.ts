import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evacuationBar } from './evacuation-bar.js';

const lease = new Date('2026-01-01T00:00:00Z');
const at = (seconds: number) => new Date(lease.getTime() + seconds * 1000);
const down = { forcedDown: false, leaseExpiresAt: lease };
const promised = { host: down, stopSeconds: 30, marginSeconds: 10 };

test('the bar is closed while the lease is held, with a promise or without', () => {
  assert.deepEqual(evacuationBar(promised, at(-1)), { state: 'up' });
  assert.deepEqual(evacuationBar({ ...promised, stopSeconds: null }, at(-1)), { state: 'up' });
});

test('the bar opens after the time in which the agent promised to kill, and the margin', () => {
  assert.deepEqual(evacuationBar(promised, at(1)), { state: 'fencing', opensAt: at(40) });
  assert.deepEqual(evacuationBar(promised, at(39.9)), { state: 'fencing', opensAt: at(40) });
  assert.deepEqual(evacuationBar(promised, at(40)), { state: 'open' });
});

test('never opens by itself for what no agent has promised to end', () => {
  assert.deepEqual(evacuationBar({ ...promised, stopSeconds: null }, at(1e6)), { state: 'unfenced' });
  assert.deepEqual(evacuationBar({ ...promised, host: { ...down, leaseExpiresAt: null } }, at(0)), {
    state: 'unfenced',
  });
});

test('an operator who says that the host is dead opens it at once', () => {
  const host = { forcedDown: true, leaseExpiresAt: at(10) };
  assert.deepEqual(evacuationBar({ ...promised, host, stopSeconds: null }, at(0)), { state: 'open' });
});
