import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { InstanceState } from '#generated/lxstack/agent/v1/types';
import type { InstanceStatus } from '#generated/lxstack/agent/v1/types';
import { createLogger } from '#libs/common/logger';
import { InstanceReports } from './instance-reports.js';

const status = (id: string, reason: string): InstanceStatus => ({
  id,
  reason,
  epoch: 1,
  state: InstanceState.INSTANCE_STATE_STOPPED,
  initPid: 0,
  memoryBytesUsed: 0,
});
const logger = createLogger('test');
logger.level = 'silent';

test('a state that could not be reported is reported again, only the newest of each instance', async () => {
  const told: string[][] = [];
  let fails = 1;
  const send = async (batch: InstanceStatus[]) => {
    if (fails-- > 0) throw new Error('away');
    told.push(batch.map(({ id, reason }) => `${id} ${reason}`));
    return [];
  };
  const reports = new InstanceReports(send, logger, new AbortController().signal);
  reports.add([status('a', 'first')]);
  await pause(10);
  reports.add([status('a', 'second'), status('b', 'only')]);
  await pause(400);
  assert.deepEqual(told, [['a second', 'b only']]);
});

test('a report is dropped where a call has changed the instance meanwhile', async () => {
  const told: string[] = [];
  let fails = 1;
  const send = async (batch: InstanceStatus[]) => {
    if (fails-- > 0) throw new Error('away');
    told.push(...batch.map(({ id }) => id));
    return [];
  };
  const reports = new InstanceReports(send, logger, new AbortController().signal);
  reports.add([status('a', ''), status('b', '')]);
  await pause(10);
  reports.drop('a');
  await pause(400);
  assert.deepEqual(told, ['b']);
});

test('a report that is refused because a task runs is repeated until it is taken; the others are sent once', async () => {
  const told: string[] = [];
  const { promise: taken, resolve } = Promise.withResolvers<void>();
  let refusals = 2;
  const send = async (batch: InstanceStatus[]) => {
    told.push(batch.map(({ id }) => id).join(' '));
    if (refusals-- > 0) return ['a'];
    resolve();
    return [];
  };
  const reports = new InstanceReports(send, logger, new AbortController().signal);
  reports.add([status('a', ''), status('b', '')]);
  await taken;
  assert.deepEqual(told, ['a b', 'a', 'a']);
});
