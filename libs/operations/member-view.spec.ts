import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memberView } from './member-view.js';

const event = { id: 'o', projectId: 'p' };

test("members' events have no failure in the words of a host", () => {
  const data = {
    kind: 'instance.create',
    state: 'error',
    error: 'Host h1: /var/lib/lxc full',
    errorType: 'AgentFailedError',
  };
  const seen = memberView({ ...event, type: 'operation', data });
  assert.equal(seen.data.state, 'error');
  assert.match(String(seen.data.error), /^The operation failed\./);
  assert.doesNotMatch(JSON.stringify(seen), /h1|lxc|Agent/);
});

test('an event of a running operation has no error, and unknown fields are left out', () => {
  const data = { state: 'running', error: undefined, hosts: ['h1'] };
  assert.deepEqual(memberView({ ...event, type: 'operation', data }).data, { state: 'running', error: undefined });
  const move = { instanceId: 'i', phase: 'p', memoryModeReason: 'h2 has 17 MiB', timingsMs: {} };
  assert.deepEqual(memberView({ ...event, type: 'migration', data: move }).data, { instanceId: 'i', phase: 'p' });
});
