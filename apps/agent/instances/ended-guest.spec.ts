import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { newId } from '#libs/common/ids';
import { InstanceRecords } from '../state/instance-record.js';
import { Turns } from '#libs/common/turns';
import type { InstancesDeps } from './instances-deps.js';
import { Instances } from './instances.js';
import { Lifecycle } from './lifecycle.js';
import { movableInstances } from './movable-instances.js';
import { Reconciliation } from './reconciliation.js';

describe('an instance that its guest has ended', () => {
  let state: string;
  let records: InstanceRecords;
  let parts: InstancesDeps;
  const started: string[] = [];
  before(async () => {
    state = await mkdtemp(join(tmpdir(), 'lxstack-ended-'));
    records = await InstanceRecords.open(state);
    const runtime = { initPid: async () => 0, settledInitPid: async () => 0 };
    const storage = { adopt: async () => undefined };
    const fence = { held: { find: () => undefined, letGo: () => undefined }, killHeld: () => undefined };
    parts = { records, runtime, storage, fence, turns: new Turns() } as unknown as InstancesDeps;
  });
  after(() => rm(state, { recursive: true, force: true }));

  async function running(): Promise<string> {
    const id = newId();
    await mkdir(records.folder(id), { recursive: true });
    await records.keep({ spec: InstanceSpec.create({ id }), epoch: 1, state: 'running', reason: '' });
    return id;
  }

  /** Whether a start that respects the guest's end starts it all the same. */
  async function startsUnlessEnded(id: string): Promise<boolean> {
    const lifecycle = new Lifecycle(parts);
    lifecycle.start = async (record) => {
      started.push(record.spec.id);
      return lifecycle.status(record.spec.id);
    };
    await new Instances(parts, lifecycle).start({ operationId: newId(), step: 'verify', epoch: 1 }, id, true);
    return started.includes(id);
  }

  it('stays stopped, while every other start starts it', async () => {
    const id = await running();
    await new Reconciliation(parts, new Lifecycle(parts)).ended(id, 'stop');
    assert.equal(await startsUnlessEnded(id), false);
    const lifecycle = new Lifecycle(parts);
    await assert.rejects(new Instances(parts, lifecycle).start({ operationId: newId(), step: 's', epoch: 1 }, id));
  });

  it('is told from one that is only found not to run: its host went down', async () => {
    const id = await running();
    await new Reconciliation(parts, new Lifecycle(parts)).refresh(id);
    assert.equal(records.get(id).state, 'stopped');
    assert.equal(await startsUnlessEnded(id), true);
  });

  it('stays stopped also where a look has found it so before LXC has said it; one that a call stopped has not ended', async () => {
    const [id, other] = [await running(), await running()];
    const reconciliation = new Reconciliation(parts, new Lifecycle(parts));
    await reconciliation.refresh(id);
    await reconciliation.ended(id, 'stop');
    assert.equal(await startsUnlessEnded(id), false);
    await new Lifecycle(parts).keep(records.get(other), 'stopped');
    await reconciliation.ended(other, 'stop');
    assert.equal(await startsUnlessEnded(other), true);
  });

  it('is told from one whose restored tasks died: the move says that it is to start from its disk', async () => {
    const id = await running();
    await new Reconciliation(parts, new Lifecycle(parts)).ended(id, 'stop');
    await movableInstances(parts).commitIncoming(id, 1, 'stopped');
    assert.equal(await startsUnlessEnded(id), true);
  });
});
