import type { HostDrivers, HostDriversOptions } from '../host-drivers.js';
import { SimulatedImages } from './simulated-images.js';
import { SimulatedNetwork } from './simulated-network.js';
import { SimulatedRuntime } from './simulated-runtime.js';
import { SimulatedStorage } from './simulated-storage.js';

/**
 * Uses nothing of the kernel: one process can be many such hosts, each with its own certificate, lease, records and
 * epochs.
 */
export async function simulatedDrivers({ settings, records }: HostDriversOptions): Promise<HostDrivers> {
  const running = records.ids().filter((id) => ['running', 'paused'].includes(records.get(id).state));
  return {
    storage: new SimulatedStorage(settings.state),
    network: new SimulatedNetwork(settings.vtep),
    runtime: new SimulatedRuntime(records.directory, running),
    images: new SimulatedImages(),
    leave: async () => {},
  };
}
