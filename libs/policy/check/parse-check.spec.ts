import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Credentials, Target } from './check.js';
import { CheckSyntaxError, parseCheck } from './parse-check.js';

const mia: Credentials = { user_id: 'mia', project_id: 'p1', roles: ['member', 'reader'], scope: 'project' };
const none = () => undefined;
const judge = (text: string, target: Target | null, credentials = mia) =>
  parseCheck(text, none)({ credentials, target });

test('roles and attributes of the target, joined by and, or, not and parentheses', () => {
  const own = { project_id: 'p1' };
  assert.equal(judge('role:member and project_id:%(project_id)s', own), true);
  assert.equal(judge('role:member and project_id:%(project_id)s', { project_id: 'p2' }), false);
  assert.equal(judge('role:admin or (role:reader and not project_id:p2)', own), true);
  assert.equal(judge('not (role:reader or role:admin)', own), false);
  assert.equal(judge("'member':%(target.role.name)s", { 'target.role.name': 'member' }), true);
  assert.equal(judge('True:%(shared)s', { shared: true }), true);
  assert.equal(judge('True:%(shared)s', { shared: false }), false);
  assert.deepEqual([judge('', own), judge('@', own), judge('!', own)], [true, true, false]);
});

test('an attribute that the caller or the target lacks equals nothing', () => {
  assert.equal(judge('domain_id:%(domain_id)s', {}), false);
  assert.equal(judge('project_id:%(project_id)s', { project_id: null }), false);
  assert.equal(judge('system_scope:all', {}), false);
});

test('while the target is unknown, exactly the checks that depend on it are unknown', () => {
  assert.equal(judge('role:member and project_id:%(project_id)s', null), 'unknown');
  assert.equal(judge('role:admin and project_id:%(project_id)s', null), false);
  assert.equal(judge('role:reader or project_id:%(project_id)s', null), true);
  assert.equal(judge('not project_id:%(project_id)s', null), 'unknown');
  assert.equal(judge('domain_id:%(domain_id)s', null), false);
});

test('a text that is no check is refused with the reason', () => {
  for (const [text, words] of [
    ['role:admin role:member', /'and' or 'or' is expected before 'role:member'/],
    ['role:admin or', /a check is expected at the end/],
    ['(role:admin', /'\)' is missing/],
    ['role:admin)', /expected before '\)'/],
    ['admin', /'admin' is no check/],
    ['roles:admin', /'roles' is nothing that is known of a caller/],
    ['project_id:%(project_id)', /is no target/],
    ['rule:nothing', /there is no rule 'nothing'/],
  ] as const)
    assert.throws(
      () => parseCheck(text, none),
      (error) => error instanceof CheckSyntaxError && words.test(error.message),
      text,
    );
});
