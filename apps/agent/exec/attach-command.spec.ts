import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidInputError } from '#libs/common/errors';
import { attachCommand } from './attach-command.js';

const start = {
  call: undefined,
  instanceId: '6b7d2b4e-0d35-4c5c-8a1b-6f3c3c0f7a11',
  command: ['id'],
  environment: {},
  uid: 0,
  gid: 0,
  cwd: '',
  terminal: false,
  size: undefined,
};

test('a command goes to the container word by word, its variables by the environment', () => {
  const { args, env } = attachCommand(
    { ...start, command: ['echo', '$(id)'], environment: { TOKEN: 's3cret' } },
    '/lxc',
  );
  assert.deepEqual(args.slice(-3), ['--', 'echo', '$(id)']);
  assert.equal(env.TOKEN, 's3cret');
  assert.ok(!args.join(' ').includes('s3cret'));
});

test('a directory and a user are set before the command runs', () => {
  const { args } = attachCommand({ ...start, uid: 1000, gid: 100, cwd: '/srv' }, '/lxc');
  assert.ok(args.join(' ').includes('-u 1000 -g 100'));
  assert.deepEqual(args.slice(-2), ['/srv', 'id']);
});

test('nothing to run, a terminal, a relative directory and a strange name are refused', () => {
  for (const wrong of [{ command: [] }, { terminal: true }, { cwd: 'srv' }, { environment: { 'A=B': 'x' } }])
    assert.throws(() => attachCommand({ ...start, ...wrong }, '/lxc'), InvalidInputError);
});
