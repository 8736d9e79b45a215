import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InstanceStateError } from '#libs/common/errors';
import { actionRules, requireAllowed, transitions } from './instance-states.js';
import type { InstanceAction, InstanceTransition } from './instance-states.js';

test('the action, the attribute and the state are named', () => {
  const building = { id: 'i', vmState: 'building', taskState: 'spawning', powerState: 0 } as const;
  assert.throws(() => requireAllowed(building, 'stop'), {
    name: 'InstanceStateError',
    message: 'Instance i does not allow stop while its vm_state is building.',
  });
  const busy = { id: 'i', vmState: 'active', taskState: 'migrating', powerState: 1 } as const;
  assert.throws(() => requireAllowed(busy, 'stop'), /task_state is migrating/);
});

test('delete is allowed in every state', () => {
  const busy = { id: 'i', vmState: 'resized', taskState: 'resize_reverting', powerState: 1 } as const;
  assert.equal(requireAllowed(busy, 'delete').taskState, 'deleting');
});

test('a soft reboot needs a running instance; a hard one mends a stopped or broken one', () => {
  const stopped = { id: 'i', vmState: 'stopped', taskState: null, powerState: 4 } as const;
  assert.throws(() => requireAllowed(stopped, 'soft_reboot'), InstanceStateError);
  assert.equal(requireAllowed(stopped, 'hard_reboot').operation, 'instance.reboot');
});

test('no transition starts at deleting: an accepted delete wins', () => {
  for (const [name, transition] of Object.entries(transitions) as [string, InstanceTransition][])
    assert.ok(transition.taskStates !== 'any' && !transition.taskStates.includes('deleting'), name);
});

test('every task_state that an action sets is left by a transition, by delete or by confirm', () => {
  const left = new Set(Object.values(transitions).flatMap((transition: InstanceTransition) => transition.taskStates));
  for (const action of Object.keys(actionRules) as InstanceAction[]) {
    const { taskState } = actionRules[action];
    assert.ok(taskState === 'deleting' || left.has(taskState), action);
  }
});
