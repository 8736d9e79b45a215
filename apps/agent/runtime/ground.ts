import type { Logger } from '#libs/common/logger';
import type { Images } from '../images/image-cache.js';
import type { ControlPlane } from '../lease/control-plane.js';
import type { DesiredNetworks } from '../network/desired-networks.js';
import type { Network } from '../network/network.js';
import type { AgentSettings } from '../settings.js';
import type { InstanceRecords } from '../state/instance-record.js';
import type { StorageDriver } from '../storage/storage-driver.js';
import type { Runtime } from './runtime.js';

/** What an agent's host stands on: the kernel and LXC, or nothing at all where it is simulated. */
export interface Ground {
  storage: StorageDriver;
  network: Network;
  runtime: Runtime;
  images: Images;
  /** Puts back what the host was before; asked for where the agent ends and no instance is left. */
  leave: () => Promise<void>;
}

export interface GroundOptions {
  settings: AgentSettings;
  records: InstanceRecords;
  control: ControlPlane;
  desired: DesiredNetworks;
  logger: Logger;
}
