import { join } from 'node:path';
import { imagePlaceOf } from '../../images/id-maps.js';
import { ImageCache } from '../../images/image-cache.js';
import { guestsOf } from '../../instances/guests.js';
import { MetadataService } from '../../metadata/metadata-service.js';
import { specAsDesired } from '../../network/desired-networks.js';
import { HostNetwork } from '../../network/network.js';
import { openDiskReserve } from '../../state/disk-reserve.js';
import { chooseDriver } from '../../storage/choose-driver.js';
import type { HostDrivers, HostDriversOptions } from '../host-drivers.js';
import { LxcRuntime } from './lxc-runtime.js';
import { raiseUserLimits } from './user-limits.js';

/** The kernel's networks, a storage driver that this host can have, and LXC. */
export async function lxcDrivers({
  settings,
  records,
  control,
  desired,
  logger,
}: HostDriversOptions): Promise<HostDrivers> {
  await openDiskReserve(settings.state);
  const leave = await raiseUserLimits(logger);
  const storage = await chooseDriver(settings);
  const specs = () => records.ids().map((id) => specAsDesired(desired, records.get(id).spec));
  const network = await HostNetwork.open({
    stateDirectory: settings.state,
    vtep: settings.vtep,
    cgroup: settings.cgroup,
    dhcpLeaseSeconds: settings.dhcpLeaseSeconds,
    desired,
    metadata: new MetadataService({
      specs,
      keepPassword: (id, posted) => control.keepGuestPassword(id, posted),
      logger,
    }),
    logger,
  });
  const runtime = new LxcRuntime(records.directory, settings.state, settings.cgroup, settings.privileged);
  const images = await ImageCache.open({
    storage,
    directory: join(settings.state, 'images'),
    download: (image) => control.download(image),
    inUse: () => new Set(records.ids().map((id) => imagePlaceOf(records.get(id).spec))),
    logger,
  });
  network.findGuest = guestsOf(records, runtime);
  return { storage, network, runtime, images, leave };
}
