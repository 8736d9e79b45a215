import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publicFailure } from './public-failure.js';

test('members are told which kind of failure it is, never its own words', () => {
  const message = 'Host h1: lxc-start: /var/lib/lxstack/h1/containers: no space left';
  assert.match(publicFailure({ type: 'AgentFailedError', message }), /^The operation failed\./);
  assert.match(publicFailure({ message }), /^The operation failed\./);
  assert.equal(publicFailure({ type: 'constructor', message }), publicFailure({ message }));
  assert.match(publicFailure({ type: 'UnavailableError', message }), /did not answer in time\.$/);
});

test('NoValidHost is told without its hosts, also where v0.1 recorded no type', () => {
  const message = 'No valid host was found. h1: memory: 512 MiB wanted, 17 free';
  for (const type of ['NoValidHostError', undefined])
    assert.equal(publicFailure({ type, message }), 'No valid host was found.');
});
