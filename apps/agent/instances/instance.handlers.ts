import type {
  CreateInstanceRequest,
  DeleteInstanceResponse,
  EnsureImageRequest,
  EnsureImageResponse,
  EvictImageRequest,
  EvictImageResponse,
  GetConsoleLogRequest,
  GetConsoleLogResponse,
  InstanceRequest,
  ListInstancesRequest,
  ListInstancesResponse,
  RebootInstanceRequest,
  ResizeInstanceRequest,
  StopInstanceRequest,
  UpdateInstanceRequest,
} from '#generated/lxstack/agent/v1/agent';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { InvalidInputError } from '#libs/common/errors';
import { UUID, requireName } from '#libs/common/names';
import type { Migrations } from '../migration/migrations.js';
import type { Images } from '../images/image-cache.js';
import type { Runtime } from '../runtime/runtime.js';
import type { InstanceRecords } from '../state/instance-record.js';
import type { Journal } from '../state/journal.js';
import type { Instances } from './instances.js';
import type { Lifecycle } from './lifecycle.js';

interface Deps {
  instances: Instances;
  lifecycle: Lifecycle;
  records: InstanceRecords;
  runtime: Runtime;
  images: Images;
  migrations: Pick<Migrations, 'held' | 'deleting' | 'killed'>;
  journal: Journal;
}

const PAGE = 1000;
const MOST_LINES = 10_000;
const SOFT_TIMEOUT_S = 60;

/** The part of the agent's service that is about instances. */
export function instanceHandlers({ instances, lifecycle, records, runtime, images, migrations, journal }: Deps) {
  return {
    async listInstances({ pageSize, pageToken }: ListInstancesRequest): Promise<ListInstancesResponse> {
      const size = Math.min(pageSize || PAGE, PAGE);
      const ids = records.ids().filter((id) => id > pageToken);
      const page = ids.slice(0, size);
      const nextPageToken = ids.length > size ? page.at(-1)! : '';
      const migrationIds = pageToken ? [] : await migrations.held(); // the first page has them all
      return { instances: await lifecycle.statuses(page), nextPageToken, migrationIds };
    },
    createInstance: ({ call, spec, start, keepOwner }: CreateInstanceRequest) =>
      journal.once('create', call, () => instances.create(call, given(spec), start, keepOwner)),
    startInstance: ({ call, instanceId, unlessEnded = false }: InstanceRequest) =>
      journal.once('start', call, async () => {
        const respected = unlessEnded && !(await migrations.killed(instanceId));
        return instances.start(call, instanceId, respected);
      }),
    stopInstance: ({ call, instanceId, timeoutSeconds }: StopInstanceRequest) =>
      journal.once('stop', call, () => instances.stop(call, instanceId, timeoutSeconds)),
    rebootInstance: ({ call, instanceId, hard, timeoutSeconds }: RebootInstanceRequest) =>
      journal.once('reboot', call, () =>
        instances.reboot(call, instanceId, hard ? 0 : timeoutSeconds || SOFT_TIMEOUT_S),
      ),
    pauseInstance: ({ call, instanceId }: InstanceRequest) =>
      journal.once('pause', call, () => instances.pause(call, instanceId)),
    unpauseInstance: ({ call, instanceId }: InstanceRequest) =>
      journal.once('unpause', call, () => instances.unpause(call, instanceId)),
    deleteInstance: ({ call, instanceId }: InstanceRequest): Promise<DeleteInstanceResponse> =>
      journal.once('delete', call, async () => {
        await migrations.deleting(instanceId, (first) => instances.delete(call, instanceId, first));
        return {};
      }),
    rebuildInstance: ({ call, spec }: CreateInstanceRequest) =>
      journal.once('rebuild', call, () => instances.rebuild(call, given(spec))),
    updateInstance: ({ call, spec }: UpdateInstanceRequest) =>
      journal.once('update', call, () => instances.update(call, given(spec))),
    resizeInstance: ({ call, migrationId, spec }: ResizeInstanceRequest) =>
      journal.once('resize', call, () => {
        requireName('migration_id', migrationId, UUID, 'a UUID');
        return instances.resize(call, migrationId, given(spec));
      }),
    async getConsoleLog({ instanceId, lines }: GetConsoleLogRequest): Promise<GetConsoleLogResponse> {
      records.get(instanceId);
      const output = await runtime.consoleLog(instanceId, lines || MOST_LINES);
      return {
        output: lines ? Buffer.from(output.toString('latin1').split('\n').slice(-lines).join('\n'), 'latin1') : output,
      };
    },
    async ensureImage({ image, spec }: EnsureImageRequest): Promise<EnsureImageResponse> {
      if (spec) return { cached: await images.use(spec, () => Promise.resolve(true)) };
      if (!image) throw new InvalidInputError('image', 'a value');
      return { cached: await images.ensure(image) };
    },
    async evictImage({ sha256 }: EvictImageRequest): Promise<EvictImageResponse> {
      return { removed: await images.evict(sha256) };
    },
  };
}

function given(spec: InstanceSpec | undefined): InstanceSpec {
  if (!spec) throw new InvalidInputError('spec', 'a value');
  return spec;
}
