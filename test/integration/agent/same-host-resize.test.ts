import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import type { InstancesDeps } from '#apps/agent/instances/instances-deps';
import { confirmHere, resizeHere, revertHere } from '#apps/agent/instances/same-host-resize';
import { InstanceRecords } from '#apps/agent/state/instance-record';
import { DirDriver } from '#apps/agent/storage/dir-driver';
import { StorageDirectories } from '#apps/agent/storage/directories';
import { newId } from '#libs/common/ids';

// Real files, a real `cp`; no container is needed for a stopped instance.
describe('a resize that stays on its host', () => {
  let state: string;
  let deps: InstancesDeps;
  let layer: string;
  const id = newId();
  const spec = (vcpus: number) => InstanceSpec.create({ id, limits: { vcpus } });

  before(async () => {
    state = await mkdtemp(join(tmpdir(), 'lxstack-resize-'));
    const records = await InstanceRecords.open(state);
    const storage = new DirDriver(new StorageDirectories(state));
    layer = storage.writableLayer(id);
    await mkdir(join(layer, 'etc'), { recursive: true });
    await writeFile(join(layer, 'etc/motd'), 'before', { mode: 0o640 });
    await records.keep({ spec: spec(1), epoch: 1, state: 'stopped', reason: '' });
    deps = { records, storage, runtime: { check: () => undefined } } as unknown as InstancesDeps;
  });
  after(() => rm(state, { recursive: true, force: true }));

  const motd = () => readFile(join(layer, 'etc/motd'), 'utf8');
  const keptFiles = () =>
    stat(join(deps.records.folder(id), 'kept')).then(
      () => true,
      () => false,
    );

  it('reverts to the disk and the spec of before, also when it was resized twice for one migration', async () => {
    const migration = newId();
    await resizeHere(deps, deps.records.get(id), migration, spec(2));
    await writeFile(join(layer, 'etc/motd'), 'after');
    await resizeHere(deps, deps.records.get(id), migration, spec(2));
    assert.equal(deps.records.get(id).spec.limits!.vcpus, 2);
    await revertHere(deps, id, migration);
    assert.equal(await motd(), 'before');
    assert.equal((await stat(join(layer, 'etc/motd'))).mode & 0o777, 0o640);
    assert.equal(deps.records.get(id).spec.limits!.vcpus, 1);
    assert.equal(await keptFiles(), false);
    await revertHere(deps, id, migration);
    assert.equal(await motd(), 'before');
  });

  it('confirms: the new spec and disk stay, the copy goes', async () => {
    const migration = newId();
    await resizeHere(deps, deps.records.get(id), migration, spec(4));
    assert.equal(await keptFiles(), true);
    await writeFile(join(layer, 'etc/motd'), 'new');
    await confirmHere(deps, id, newId());
    assert.equal(await keptFiles(), true, 'another migration confirms nothing');
    await confirmHere(deps, id, migration);
    assert.deepEqual([await motd(), await keptFiles(), deps.records.get(id).spec.limits!.vcpus], ['new', false, 4]);
  });

  it('refuses an instance that runs', async () => {
    await deps.records.keep({ ...deps.records.get(id), state: 'running' });
    await assert.rejects(resizeHere(deps, deps.records.get(id), newId(), spec(1)), /running, not stopped/);
  });
});
