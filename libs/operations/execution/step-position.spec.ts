import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operation } from '../operation.entity.js';
import type { Workflow } from '../workflow.js';
import { StepPosition } from './step-position.js';

const run = () => Promise.resolve();
const workflow = { steps: ['a', 'b', 'c'].map((name) => ({ name, run, pointOfNoReturn: name === 'b' })) };

test('an operation may be stopped up to its point of no return, and not where all is done', () => {
  const position = new StepPosition(workflow as unknown as Workflow, { state: 'running', step: 'a' } as Operation);
  assert.deepEqual(
    [0, 1, 2, 3].map((index) => position.mayGoBackFrom(index)),
    [true, true, false, false],
  );
});
