import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PendingPorts } from './pending-ports.js';

test('a port that a call brought is left alone until the document has it here', () => {
  let here = false;
  const ahead = new PendingPorts(() => here);
  ahead.attached('p', 'mac');
  assert.deepEqual([...ahead.macs()], ['mac']);
  here = true;
  assert.deepEqual([...ahead.macs()], []);
});

test('a port that arrives by a move is left alone until its network is open, even where the document has it here', () => {
  let here = false;
  const ahead = new PendingPorts(() => here);
  ahead.arriving('p', 'mac');
  ahead.attached('p', 'mac');
  here = true;
  assert.deepEqual([...ahead.macs()], ['mac'], 'committed, not open');
  ahead.arrived('p');
  assert.deepEqual([...ahead.macs()], []);
});

test('after the network is open it is left alone as long as the document has not heard of it', () => {
  const ahead = new PendingPorts(() => false);
  ahead.arriving('p', 'mac');
  ahead.arrived('p');
  assert.deepEqual([...ahead.macs()], ['mac']);
  ahead.gone('p');
  assert.deepEqual([...ahead.macs()], []);
});
