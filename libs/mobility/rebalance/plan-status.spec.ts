import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planStatus } from './plan-status.js';

const proposed = { cancelledAt: null, scheduledAt: null };
const scheduled = { cancelledAt: null, scheduledAt: new Date(0) };
const operation = (state: 'pending' | 'running' | 'undoing' | 'done' | 'error', cancelRequested = false) => ({
  state,
  cancelRequested,
});

test('a plan without a batch waits to be applied, or was cancelled', () => {
  assert.equal(planStatus(proposed, null), 'proposed');
  assert.equal(planStatus({ ...proposed, cancelledAt: new Date(0) }, null), 'cancelled');
});

test('the batch says how an applied plan stands', () => {
  assert.equal(planStatus(scheduled, operation('pending')), 'scheduled');
  assert.equal(planStatus(proposed, operation('pending')), 'applying');
  assert.equal(planStatus(scheduled, operation('running')), 'applying');
  assert.equal(planStatus(scheduled, operation('undoing')), 'applying');
  assert.equal(planStatus(scheduled, operation('done')), 'done');
  assert.equal(planStatus(scheduled, operation('error')), 'error');
});

test('a scheduled plan that is cancelled will not begin, and says so at once', () => {
  assert.equal(planStatus(scheduled, operation('pending', true)), 'cancelled');
});
