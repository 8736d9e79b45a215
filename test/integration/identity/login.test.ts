import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { LoginThrottle } from '#libs/identity/login/login-throttle';
import { RedisConnections } from '#libs/operations/redis';
import { PASSWORD, startFaces } from '../support/openstack-faces.js';
import type { Answer, Faces } from '../support/openstack-faces.js';

const given = new Set<string>();
const set = (name: string, value: number) => {
  given.add(name);
  process.env[name] = String(value);
};

let faces: Faces;
let admin: string;
before(async () => {
  faces = await startFaces();
  admin = await faces.login();
});
after(() => faces.close());
afterEach(async () => {
  for (const name of given) delete process.env[name];
  given.clear();
  await faces.app
    .get(RedisConnections)
    .impatient(() => undefined)
    .flushdb();
});

const login = (name: string, password: string): Promise<Answer> => faces.authenticate(name, password, name);
const fail = async (name: string, times: number, status = 401) => {
  for (let i = 0; i < times; i++) assert.equal((await login(name, 'wrong')).status, status, `failure ${i + 1}`);
};

test('after too many failures for a user name, known or not, a login must wait; logins of other users need not', async () => {
  set('LXSTACK_LOGIN_USER_ATTEMPTS', 3);
  await faces.person(admin, 'tried', 'member');
  await faces.person(admin, 'other', 'member');
  for (const name of ['tried', 'nobody']) {
    await fail(name, 3);
    const refused = await login(name, PASSWORD);
    assert.equal(refused.status, 429);
    const seconds = Number(refused.headers.get('retry-after'));
    assert.ok(seconds > 0 && seconds <= 60, `Retry-After: ${seconds}`);
    assert.match(refused.text, /"code":429.*try again in/);
  }
  assert.equal((await login('other', PASSWORD)).status, 201);
});

test('a success forgets the failures of the user', async () => {
  set('LXSTACK_LOGIN_USER_ATTEMPTS', 3);
  await faces.person(admin, 'clumsy', 'member');
  for (let round = 0; round < 3; round++) {
    await fail('clumsy', 2);
    assert.equal((await login('clumsy', PASSWORD)).status, 201);
  }
});

test('an address that has failed too often waits for every user, and cannot give itself another one', async () => {
  set('LXSTACK_LOGIN_ADDRESS_ATTEMPTS', 4);
  for (let i = 0; i < 4; i++) await fail(`guess-${i}`, 1);
  assert.equal((await login('admin', PASSWORD)).status, 429);
  const answer = await fetch(`${faces.url}/identity/v3/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': '192.0.2.7' },
    body: JSON.stringify({
      auth: { identity: { methods: ['password'], password: { user: { id: 'x', password: 'x' } } } },
    }),
  });
  assert.equal(answer.status, 429);
});

test('guesses sent at the same time are limited as strictly as guesses one after another', async () => {
  set('LXSTACK_LOGIN_USER_ATTEMPTS', 3);
  const answers = await Promise.all(Array.from({ length: 20 }, () => login('hurried', 'wrong')));
  const judged = answers.filter(({ status }) => status === 401).length;
  // One more may be hashed beside the last one that fails.
  assert.ok(judged >= 3 && judged <= 4, `${judged} were judged`);
  assert.equal(answers.filter(({ status }) => status === 429).length, 20 - judged);
});

test('without Redis each process counts by itself', async () => {
  set('LXSTACK_LOGIN_USER_ATTEMPTS', 2);
  const away = new RedisConnections('/nonexistent/redis.sock');
  const throttle = new LoginThrottle(away);
  const attempt = { user: 'u', address: '2001:db8::1' };
  for (let i = 0; i < 2; i++) {
    await throttle.requireFree(attempt);
    await throttle.failed(attempt);
  }
  await assert.rejects(throttle.requireFree(attempt), /Too many failed logins/);
  await throttle.succeeded(attempt);
  await throttle.requireFree(attempt);
  await away.onApplicationShutdown();
});

test('Keystone: lockout_failure_attempts locks a user out, also with the right password, until it has passed', async () => {
  set('LXSTACK_LOCKOUT_FAILURE_ATTEMPTS', 2);
  const { userId } = await faces.person(admin, 'locked', 'member');
  await fail('locked', 2);
  assert.equal((await login('locked', PASSWORD)).status, 401);
  const past = (seconds: number) =>
    faces.database.query(`UPDATE users SET failed_auth_at = now() - make_interval(secs => $2) WHERE id = $1`, [
      userId,
      seconds,
    ]);
  await past(1_700);
  assert.equal((await login('locked', PASSWORD)).status, 401, 'lockout_duration is 1800 s');
  await past(1_801);
  assert.equal((await login('locked', PASSWORD)).status, 201);
  // An operator ends the lock-out.
  await fail('locked', 2);
  const enable = { token: admin, body: { user: { enabled: true } } };
  assert.equal((await faces.ask('PATCH', `/identity/v3/users/${userId}`, enable)).status, 200);
  assert.equal((await login('locked', PASSWORD)).status, 201);
});

test('a wrong password at a change of password is throttled as at a login', async () => {
  set('LXSTACK_LOGIN_USER_ATTEMPTS', 2);
  const { userId, token } = await faces.person(admin, 'changing', 'member');
  const change = (original: string) =>
    faces.ask('POST', `/identity/v3/users/${userId}/password`, {
      token,
      body: { user: { original_password: original, password: 'another password' } },
    });
  for (let i = 0; i < 2; i++) assert.equal((await change('wrong')).status, 401);
  assert.equal((await change(PASSWORD)).status, 429);
});
