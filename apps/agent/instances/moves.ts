import { mkdir } from 'node:fs/promises';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { ConflictError, InvalidInputError } from '#libs/common/errors';
import type { MovableInstances } from '../checkpoint/movable-instances.js';
import { nextEpoch } from '../state/epoch.js';
import type { RecordedState } from '../state/instance-record.js';
import type { InstancesDeps } from './instances.js';
import { confirmHere, revertHere } from './same-host-resize.js';

/** The instances of this host as a move sees them: the records and disks of both ends. */
export function movableInstances(deps: InstancesDeps): MovableInstances {
  const { records, runtime, storage, images, network } = deps;
  const keep = async (id: string, state: RecordedState, epoch: number, reason = '') => {
    const record = records.get(id);
    await records.keep({ ...record, state, epoch: nextEpoch(id, epoch, record.epoch), reason });
  };
  const removeAll = async (id: string) => {
    await runtime.stop(id, 0);
    await storage.delete(id);
    await records.forget(id);
  };

  return {
    lxcPath: runtime.lxcPath,
    spec: async (id) => records.get(id).spec,
    async initPid(id) {
      records.get(id);
      return runtime.initPid(id);
    },
    writableLayer: (id) => storage.writableLayer(id),
    cgroupDirectories: (id) => runtime.cgroupDirectories(id),

    async prepareIncoming(spec: InstanceSpec, epoch: number) {
      const { image } = spec;
      if (!image) throw new InvalidInputError('spec.image', 'an image');
      runtime.check(spec);
      const present = records.find(spec.id);
      if (present?.state === 'incoming' && present.epoch === epoch) return;
      if (present) {
        nextEpoch(spec.id, epoch, present.epoch);
        if (present.state === 'running') throw new ConflictError(`instance ${spec.id} runs on this host`);
        // A copy of an earlier epoch that this host lost: the one that comes is the instance now.
        await removeAll(spec.id);
      }
      await mkdir(records.folder(spec.id), { recursive: true, mode: 0o711 });
      await records.keep({ spec, epoch, state: 'incoming', reason: '' });
      await images.use(image, () => storage.createEmpty(spec.id, image.sha256));
      await storage.limitDisk(spec.id, spec.limits?.diskBytes ?? 0);
      await storage.mount(spec.id, image.sha256);
      const bridges = new Map(spec.nics.map((nic) => [nic.networkId, network.bridgeName(nic.networkId)]));
      await runtime.configure(spec, storage.rootfs(spec.id), bridges);
    },
    commitIncoming: (id, epoch, state) => keep(id, state, epoch),
    async discardIncoming(id) {
      const record = records.find(id);
      if (record?.state === 'incoming') await removeAll(id);
    },

    kill: (id) => runtime.stop(id, 0),
    commitOutgoing: (id) => keep(id, 'outgoing', records.get(id).epoch),
    releaseKept: (id, migrationId) => confirmHere(deps, id, migrationId),
    async releaseOutgoing(id) {
      const record = records.find(id);
      if (!record) return;
      if (record.state !== 'outgoing') throw new ConflictError(`instance ${id} is ${record.state}, not outgoing`);
      await removeAll(id);
    },
    async revertOutgoing(id, migrationId, epoch) {
      await keep(id, 'stopped', epoch);
      await revertHere(deps, id, migrationId);
    },
  };
}
