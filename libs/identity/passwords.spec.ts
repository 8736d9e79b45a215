import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashPassword, verifyPassword } from './passwords.js';

test('a password is known by its hash, which is salted and does not contain it', async () => {
  const [one, other] = await Promise.all([hashPassword('secret'), hashPassword('secret')]);
  assert.notEqual(one, other);
  assert.ok(!one.includes('secret'));
  assert.ok(await verifyPassword('secret', one));
  assert.ok(!(await verifyPassword('Secret', one)));
});

test('what is no hash of ours fits no password', async () => {
  for (const kept of ['', 'plain', 'bcrypt$1$2$3$4$5', 'scrypt$1$2$3'])
    assert.ok(!(await verifyPassword('', kept)), kept);
});
