import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PendingPorts } from './pending-ports.js';

test('a port that a call brought is left alone until the document has it here', () => {
  let here = false;
  const pending = new PendingPorts(() => here);
  pending.attached('p', 'mac');
  assert.deepEqual([...pending.macs()], ['mac']);
  here = true;
  assert.deepEqual([...pending.macs()], []);
});

test('a port that arrives by a move is left alone until its network is open, even where the document has it here', () => {
  let here = false;
  const pending = new PendingPorts(() => here);
  pending.arriving('p', 'mac');
  pending.attached('p', 'mac');
  here = true;
  assert.deepEqual([...pending.macs()], ['mac'], 'committed, not open');
  pending.arrived('p');
  assert.deepEqual([...pending.macs()], []);
});

test('after the network is open it is left alone as long as the document has not heard of it', () => {
  const pending = new PendingPorts(() => false);
  pending.arriving('p', 'mac');
  pending.arrived('p');
  assert.deepEqual([...pending.macs()], ['mac']);
  pending.gone('p');
  assert.deepEqual([...pending.macs()], []);
});
