import { NotFoundError } from '#libs/common/errors';
import { DesiredSpecs } from '../specs.js';
import type { Ground } from '../ground.js';

/** Bridge and VXLAN device, with the network's MTU; ports follow its administrative state. */
export async function applyNetwork({ document, network }: Ground, networkId: string): Promise<void> {
  const spec = new DesiredSpecs(document).network(networkId);
  if (!spec) throw new NotFoundError('Network', networkId);
  await network.ensureNetwork(spec);
}
