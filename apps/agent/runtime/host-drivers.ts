import type { Logger } from '#libs/common/logger';
import type { Images } from '../images/image-cache.js';
import type { ControlPlane } from '../lease/control-plane.js';
import type { DesiredNetworks } from '../network/desired-networks.js';
import type { Network } from '../network/network.js';
import type { AgentSettings } from '../settings.js';
import type { InstanceRecords } from '../state/instance-record.js';
import type { StorageDriver } from '../storage/storage-driver.js';
import type { Runtime } from './runtime.js';

/** What an agent works with on its host: kernel networks, storage and LXC, or their simulations. */
export interface HostDrivers {
  storage: StorageDriver;
  network: Network;
  runtime: Runtime;
  images: Images;
  /** Gives the host its former settings back; called where the agent ends and no instance is left. */
  leave: () => Promise<void>;
}

export interface HostDriversOptions {
  settings: AgentSettings;
  records: InstanceRecords;
  control: ControlPlane;
  desired: DesiredNetworks;
  logger: Logger;
}
