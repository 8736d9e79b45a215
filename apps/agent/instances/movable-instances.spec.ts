import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { newId } from '#libs/common/ids';
import { InstanceRecords } from '../state/instance-record.js';
import type { RecordedState } from '../state/instance-record.js';
import { Turns } from '#libs/common/turns';
import type { InstancesDeps } from './instances-deps.js';
import { Lifecycle } from './lifecycle.js';
import { movableInstances } from './movable-instances.js';
import { Reconciliation } from './reconciliation.js';

describe('the source of a move', () => {
  let state: string;
  let records: InstanceRecords;
  /** What the runtime says of every instance, once it is let say it. */
  let pid: Promise<number>;
  let parts: InstancesDeps;
  const nothing = async () => {};

  before(async () => {
    state = await mkdtemp(join(tmpdir(), 'lxstack-moves-'));
    records = await InstanceRecords.open(state);
    const runtime = { initPid: () => pid, settledInitPid: () => pid, stop: nothing };
    const storage = { delete: nothing };
    const images = { dropOwn: nothing };
    const fence = { held: { find: () => undefined, letGo: () => undefined }, killHeld: () => undefined };
    parts = { records, runtime, storage, images, fence, turns: new Turns() } as unknown as InstancesDeps;
  });
  after(() => rm(state, { recursive: true, force: true }));

  const given = async (recorded: RecordedState, epoch = 1) => {
    const id = newId();
    await mkdir(records.folder(id), { recursive: true });
    await records.keep({ spec: InstanceSpec.create({ id }), epoch, state: recorded, reason: '' });
    return id;
  };

  it('stays outgoing where its end is looked at during the commit', async () => {
    const [reconciliation, moves] = [new Reconciliation(parts, new Lifecycle(parts)), movableInstances(parts)];
    const id = await given('running');
    const { promise, resolve } = Promise.withResolvers<number>();
    pid = promise;
    const looked = reconciliation.ended(id, 'stop');
    const committed = moves.commitOutgoing(id);
    resolve(0);
    await Promise.all([looked, committed]);
    assert.equal(records.get(id).state, 'outgoing');
    await moves.releaseOutgoing(id, 2);
    assert.equal(records.find(id), undefined);
  });

  it('is released where it was found stopped, and kept where it runs', async () => {
    const moves = movableInstances(parts);
    const [stopped, running] = [await given('stopped'), await given('running')];
    await moves.releaseOutgoing(stopped, 2);
    assert.equal(records.find(stopped), undefined);
    await assert.rejects(moves.releaseOutgoing(running, 2), /running, not outgoing/);
  });

  it('is not released where the instance has come back since', async () => {
    const id = await given('stopped', 3);
    await movableInstances(parts).releaseOutgoing(id, 2);
    assert.equal(records.get(id).state, 'stopped');
  });
});
