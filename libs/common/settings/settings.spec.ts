import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { ConfigError } from '../config.js';
import { GROUPS } from './groups.js';
import { readSettings, settings } from './settings.js';

const given: string[] = [];
const set = (name: string, value: string) => {
  given.push(name);
  process.env[name] = value;
};
afterEach(() => {
  for (const name of given.splice(0)) delete process.env[name];
});

test('a setting that is absent or blank has its default', () => {
  set('LXSTACK_FENCE_STOP_SECONDS', '');
  assert.deepEqual(settings('fencing'), { freezeSeconds: 15, stopSeconds: 30, marginSeconds: 10, autoEvacuate: false });
});

test('every wrong setting is named with what was expected, and no value is told', () => {
  set('LXSTACK_DATABASE_URL', '');
  set('LXSTACK_DATABASE_POOL', 'secret');
  set('LXSTACK_AUTO_EVACUATE', 'yes');
  set('LXSTACK_FENCE_FREEZE_SECONDS', '1.5');
  assert.throws(
    () => readSettings('database', 'fencing'),
    (error: Error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /LXSTACK_DATABASE_URL is not set: expected postgres:/);
      assert.match(error.message, /LXSTACK_DATABASE_POOL: expected connections: a whole number from 1 to 1000/);
      assert.match(error.message, /LXSTACK_AUTO_EVACUATE: expected true or false/);
      assert.match(error.message, /LXSTACK_FENCE_FREEZE_SECONDS: expected seconds/);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    },
  );
});

test('no environment variable stands for two settings', () => {
  const names = Object.values(GROUPS).flatMap((group) =>
    Object.values(group).map(({ name }: { name: string }) => name),
  );
  assert.deepEqual(names.length, new Set(names).size);
});

test('a process reads its settings once', () => {
  set('LXSTACK_SWEEP_MS', '77');
  readSettings('operations');
  set('LXSTACK_SWEEP_MS', '88');
  assert.equal(settings('operations').sweepMs, 77);
});
