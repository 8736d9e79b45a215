import type { Logger } from '#libs/common/logger';
import type { Fence } from '../fence/fence.js';
import type { Images } from '../images/image-cache.js';
import type { Network } from '../network/network.js';
import type { Runtime } from '../runtime/runtime.js';
import type { InstanceRecords } from '../state/instance-record.js';
import type { Turns } from '#libs/common/turns';
import type { StorageDriver } from '../storage/storage-driver.js';

/** What the classes that work on instances need. */
export interface InstancesDeps {
  records: InstanceRecords;
  runtime: Runtime;
  storage: StorageDriver;
  images: Images;
  network: Network;
  /** One turn at a time per instance, for everything that reads and writes its record. */
  turns: Turns;
  fence: Pick<Fence, 'held' | 'requireLease' | 'thaw' | 'killHeld'>;
  logger: Logger;
}
