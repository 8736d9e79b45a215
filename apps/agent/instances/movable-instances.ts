import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { ConflictError } from '#libs/common/errors';
import type { MovableInstances } from '../migration/movable-instances.js';
import { imagePlaceOf } from '../images/id-maps.js';
import { nextEpoch } from '../state/epoch.js';
import type { RecordedState } from '../state/instance-record.js';
import type { InstancesDeps } from './instances-deps.js';
import { makeFolder } from './instance-folder.js';
import { confirmHere, revertHere } from './same-host-resize.js';

/**
 * What moves do to records and disks of this host's instances. Each change takes the instance's turn, so that
 * reconciliation, which reads a record and writes it later, cannot overwrite it.
 */
export function movableInstances(deps: InstancesDeps): MovableInstances {
  const { records, runtime, storage, images, network, turns, fence } = deps;
  const keep = async (id: string, state: RecordedState, epoch: number) => {
    const record = records.get(id);
    await records.keep({ ...record, state, epoch: nextEpoch(id, epoch, record.epoch), reason: '', ended: undefined });
  };
  const removeAll = async (id: string) => {
    fence.killHeld(id);
    await runtime.stop(id, 0);
    await storage.delete(id);
    const spec = records.find(id)?.spec;
    await records.forget(id);
    if (spec) await images.dropOwn(spec);
  };
  const prepareIncoming = async (spec: InstanceSpec, epoch: number) => {
    runtime.check(spec);
    const present = records.find(spec.id);
    if (present?.state === 'incoming' && present.epoch === epoch) return;
    if (present) {
      nextEpoch(spec.id, epoch, present.epoch);
      if (present.state === 'running') throw new ConflictError(`instance ${spec.id} runs on this host`);
      // This host's own copy is of an earlier epoch that it lost: the arriving instance replaces it.
      await removeAll(spec.id);
    }
    await makeFolder(records.folder(spec.id), spec);
    await records.keep({ spec, epoch, state: 'incoming', reason: '' });
    await images.use(spec, (place) => storage.createEmpty(spec.id, place));
    await storage.limitDisk(spec.id, spec.limits?.diskBytes ?? 0);
    await storage.mount(spec.id, imagePlaceOf(spec));
    const bridges = new Map(spec.nics.map((nic) => [nic.networkId, network.bridgeName(nic.networkId)]));
    await runtime.configure(spec, storage.rootfs(spec.id), bridges);
  };

  return {
    lxcPath: runtime.lxcPath,
    spec: async (id) => records.get(id).spec,
    async initPid(id) {
      records.get(id);
      return runtime.initPid(id);
    },
    sharedDisks: storage.shared,
    streams: storage.streams,
    writableLayer: (id) => storage.writableLayer(id),
    cgroupDirectories: (id) => runtime.cgroupDirectories(id),

    prepareIncoming: (spec, epoch) => turns.take(spec.id, () => prepareIncoming(spec, epoch)),
    commitIncoming: (id, epoch, state) =>
      turns.take(id, async () => {
        await storage.adopt(id);
        await keep(id, state, epoch);
      }),
    discardIncoming: (id) =>
      turns.take(id, async () => {
        if (records.find(id)?.state === 'incoming') await removeAll(id);
      }),

    kill(id) {
      fence.killHeld(id);
      return runtime.stop(id, 0);
    },
    commitOutgoing: (id) => turns.take(id, () => keep(id, 'outgoing', records.get(id).epoch)),
    releaseKept: (id, migrationId) => turns.take(id, () => confirmHere(deps, id, migrationId)),
    releaseOutgoing: (id, movedTo) =>
      turns.take(id, async () => {
        const record = records.find(id);
        // The instance has come back under a later epoch: nothing of this move is left here.
        if (!record || record.epoch >= movedTo) return;
        if (record.state !== 'outgoing' && record.state !== 'stopped')
          throw new ConflictError(`instance ${id} is ${record.state}, not outgoing`);
        await removeAll(id);
      }),
    revertOutgoing: (id, migrationId, epoch) =>
      turns.take(id, async () => {
        await storage.adopt(id);
        await keep(id, 'stopped', epoch);
        await revertHere(deps, id, migrationId);
      }),
  };
}
