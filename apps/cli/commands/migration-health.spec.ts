import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderLost } from './migration-health.js';

test('what did not go along is told with its processes, and how many more there are', () => {
  const lost = [
    { what: 'datagrams that it has not read are dropped', holders: ['dns.service', 'Process nc (pid 7)'], count: 5 },
    { what: 'it could not be looked at: perl', holders: [], count: 0 },
  ];
  assert.deepEqual(renderLost(lost), [
    'not carried: dns.service, Process nc (pid 7) and 3 more: datagrams that it has not read are dropped',
    'not carried: it could not be looked at: perl',
  ]);
});
