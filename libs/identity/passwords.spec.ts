import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashPassword, verifyPassword } from './passwords.js';

test('a password is verified by its salted hash, which does not contain it', async () => {
  const [one, other] = await Promise.all([hashPassword('secret'), hashPassword('secret')]);
  assert.notEqual(one, other);
  assert.ok(!one.includes('secret'));
  assert.ok(await verifyPassword('secret', one));
  assert.ok(!(await verifyPassword('Secret', one)));
});

test('no password matches a text that is no hash of ours', async () => {
  for (const kept of ['', 'plain', 'bcrypt$1$2$3$4$5', 'scrypt$1$2$3'])
    assert.ok(!(await verifyPassword('', kept)), kept);
});

test('no more passwords are hashed at the same time, and no more wait, than the settings allow', async () => {
  let [running, most] = [0, 0];
  const turn = {
    before: () => {
      most = Math.max(most, ++running);
      return Promise.resolve();
    },
    after: () => {
      running--;
      return Promise.resolve();
    },
  };
  const kept = await hashPassword('secret');
  const tries = await Promise.allSettled(
    Array.from({ length: 80 }, () => verifyPassword('no hash', kept.slice(0, 6), turn)),
  );
  assert.equal(most, 2);
  const refused = tries.filter((one) => one.status === 'rejected').map(({ reason }) => (reason as Error).name);
  assert.ok(refused.length > 0);
  assert.deepEqual(new Set(refused), new Set(['TooManyRequestsError']));
});
